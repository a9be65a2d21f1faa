import type { Language, Phrase } from '../base/phrase.ts';
import type { Block } from './block.ts';
import { formatSize } from './format-size.ts';
import { formatDate, formatDuration } from './format-time.ts';
import type {
  BlockDeviceData,
  DiskRequestData,
  Ext4Data,
  Ext4ErrorData,
  FilesystemData,
  StorageData,
  TransactionData,
} from './storage-schema.ts';

const WORDS = {
  requests: { en: 'Requests that disks are working on', zh: '磁盘正在处理的请求' },
  none: { en: 'No filesystem is on a block device.', zh: '没有位于块设备上的文件系统。' },
} as const satisfies Record<string, Phrase>;

/** Filesystems with their devices and state, then the requests in flight. */
export function* storageBlocks(data: StorageData, language: Language): Iterable<Block> {
  if (data.filesystems.length === 0) yield { kind: 'text', text: WORDS.none[language] };
  for (const filesystem of data.filesystems) yield { kind: 'lines', lines: filesystemLines(filesystem) };
  if (data.requests.length === 0) return;
  yield { kind: 'heading', level: 3, text: WORDS.requests[language] };
  yield {
    kind: 'table',
    columns: [
      { title: 'REQUEST', align: 'left', width: 16 },
      { title: 'DISK', align: 'left' },
      { title: 'OPERATION', align: 'left' },
      { title: 'SECTOR', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'AGE', align: 'right' },
    ],
    rows: data.requests.map((r) => [
      r.request.slice(2),
      r.disk,
      r.operation,
      r.sector,
      formatSize(r.bytes),
      requestAge(r),
    ]),
  };
}

function requestAge({ ageSeconds, timeoutSeconds }: DiskRequestData): string {
  if (ageSeconds === null) return '(unknown)';
  const age = ageSeconds < 100 ? `${ageSeconds.toFixed(3)} s` : formatDuration(ageSeconds);
  return timeoutSeconds !== null && timeoutSeconds > 0 && ageSeconds > timeoutSeconds
    ? `${age} (the driver's limit is ${timeoutSeconds} s)`
    : age;
}

function filesystemLines(f: FilesystemData): string[] {
  const also = f.paths.length > 1 ? ` (and ${f.paths.slice(1).join(', ')})` : '';
  const lines = [`${f.paths[0] ?? '?'}${also}: ${f.type}, ${f.options}, superblock ${f.superblock.slice(2)}`];
  for (const device of f.devices) lines.push(...deviceLines(device, 1));
  if (f.ext4) lines.push(...ext4Lines(f.ext4));
  if (f.xfs) {
    const log = f.xfs.logError ? ', its log met an error' : '';
    lines.push(`  XFS: ${f.xfs.shutdown ? 'shut down' : 'running'}${log}`);
  }
  if (f.btrfs) {
    const aborted = f.btrfs.aborted ? ', a transaction was aborted' : '';
    lines.push(`  btrfs: ${f.btrfs.hasErrors ? 'has errors, read-only' : 'no error'}${aborted}`);
  }
  if (f.frozen > 0) lines.push(`  frozen (level ${f.frozen}): writers wait`);
  if (f.writeError !== 0) lines.push(`  a write failed with error ${f.writeError}`);
  return lines;
}

function deviceLines(device: BlockDeviceData, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const part = device.partitionOf === null ? '' : ` (partition of ${device.partitionOf})`;
  const steps = device.path
    .filter((s) => s.bus !== null)
    .map((s) => `${s.name}${s.driver === null ? '' : ` [${s.driver}]`}`);
  const path = steps.length === 0 ? '' : `: ${steps.join(' < ')}`;
  const lines = [`${indent}${device.name}${part}, ${device.transport}${path}`];
  for (const t of device.targets ?? []) lines.push(`${indent}  ${t.type}, sectors ${t.begin} + ${t.sectors}`);
  if (device.file !== undefined) lines.push(`${indent}  file ${device.file}`);
  for (const below of device.below ?? []) lines.push(...deviceLines(below, depth + 1));
  return lines;
}

function ext4Lines(ext4: Ext4Data): string[] {
  const state = [
    ...(ext4.stopped ? ['shut down'] : []),
    ext4.hasErrors ? 'has errors' : 'no error noted',
    ext4.errorCount === null ? 'its superblock is not in the dump' : `error count ${ext4.errorCount}`,
  ];
  const mode = ext4.data === 'no journal' ? 'no journal' : `data=${ext4.data}`;
  const onError = ext4.onError === null ? [] : [`errors=${ext4.onError}`];
  const lines = [`  ext4: ${[mode, ...onError, ...ext4.options].join(',')}; ${state.join(', ')}`];
  if (ext4.firstError) lines.push(`  first error: ${errorText(ext4.firstError)}`);
  if (ext4.lastError) lines.push(`  last error: ${errorText(ext4.lastError)}`);
  const { journal } = ext4;
  if (!journal) return lines;
  const status = journal.aborted ? `aborted with error ${journal.error}` : 'running';
  lines.push(`  journal ${journal.device} ${journal.address.slice(2)}: ${status}`);
  for (const [name, t] of [
    ['running', journal.running],
    ['committing', journal.committing],
  ] as const) {
    if (t) lines.push(`    ${name} transaction ${transactionText(t)}`);
  }
  return lines;
}

function errorText(error: Ext4ErrorData): string {
  const inode = error.inode === 0 ? '' : `, inode ${error.inode}`;
  return `${error.function}:${error.line}${inode}, ${formatDate(error.timeSeconds)}`;
}

function transactionText(t: TransactionData): string {
  const age = t.ageSeconds === null ? '' : `, ${t.ageSeconds} s old`;
  return `${t.id} ${t.address.slice(2)}: ${t.state ?? '?'}${age}, ${t.openHandles} open handles`;
}
