import type { Language } from '../base/phrase.ts';
import { formatDate } from './format-time.ts';
import type { BlockDeviceData, Ext4Data, Ext4ErrorData, FilesystemData, TransactionData } from './storage-schema.ts';

type Say = (en: string, zh: string) => string;

/** A filesystem: where it is mounted, what it hangs on, and its state. */
export function filesystemLines(f: FilesystemData, language: Language): string[] {
  const say: Say = (en, zh) => (language === 'zh' ? zh : en);
  const rest = f.paths.slice(1).join(', ');
  const also = rest === '' ? '' : say(` (and ${rest})`, `（以及 ${rest}）`);
  const superblock = say('superblock', '超级块');
  const lines = [`${f.paths[0] ?? '?'}${also}: ${f.type}, ${f.options}, ${superblock} ${f.superblock.slice(2)}`];
  for (const device of f.devices) lines.push(...deviceLines(device, 1, say));
  if (f.ext4) lines.push(...ext4Lines(f.ext4, language, say));
  if (f.xfs) lines.push(xfsLine(f.xfs, say));
  if (f.btrfs) lines.push(btrfsLine(f.btrfs, say));
  if (f.frozen > 0)
    lines.push(`  ${say(`frozen (level ${f.frozen}): writers wait`, `已冻结（级别 ${f.frozen}）：写者在等待`)}`);
  if (f.writeError !== 0)
    lines.push(`  ${say(`a write failed with error ${f.writeError}`, `有写操作失败，错误 ${f.writeError}`)}`);
  return lines;
}

function xfsLine(xfs: NonNullable<FilesystemData['xfs']>, say: Say): string {
  const log = xfs.logError ? say(', its log met an error', '，其日志出过错') : '';
  return `  XFS: ${xfs.shutdown ? say('shut down', '已停用') : say('running', '运行中')}${log}`;
}

function btrfsLine(btrfs: NonNullable<FilesystemData['btrfs']>, say: Say): string {
  const aborted = btrfs.aborted ? say(', a transaction was aborted', '，有事务被中止') : '';
  const state = btrfs.hasErrors ? say('has errors, read-only', '有错误，只读') : say('no error', '无错误');
  return `  btrfs: ${state}${aborted}`;
}

function deviceLines(device: BlockDeviceData, depth: number, say: Say): string[] {
  const indent = '  '.repeat(depth);
  const whole = device.partitionOf;
  const part = whole === null ? '' : say(` (partition of ${whole})`, `（${whole} 的分区）`);
  const steps = device.path
    .filter((s) => s.bus !== null)
    .map((s) => `${s.name}${s.driver === null ? '' : ` [${s.driver}]`}`);
  const place = device.mapped ?? steps.join(' < ');
  const path = place === '' ? '' : `: ${place}`;
  const lines = [`${indent}${device.name}${part}, ${device.transport}${path}`];
  const sectors = say('sectors', '扇区');
  for (const t of device.targets ?? []) lines.push(`${indent}  ${t.type}, ${sectors} ${t.begin} + ${t.sectors}`);
  if (device.file !== undefined) lines.push(`${indent}  ${say('file', '文件')} ${device.file}`);
  for (const below of device.below ?? []) lines.push(...deviceLines(below, depth + 1, say));
  return lines;
}

function ext4Lines(ext4: Ext4Data, language: Language, say: Say): string[] {
  const state = [
    ...(ext4.stopped ? [say('shut down', '已停用')] : []),
    ext4.hasErrors ? say('has errors', '有错误') : say('no error noted', '未记录错误'),
    ext4.errorCount === null
      ? say('its superblock is not in the dump', '其超级块不在转储中')
      : say(`error count ${ext4.errorCount}`, `错误计数 ${ext4.errorCount}`),
  ];
  const mode = ext4.data === 'no journal' ? say('no journal', '无日志') : `data=${ext4.data}`;
  const onError = ext4.onError === null ? [] : [`errors=${ext4.onError}`];
  const lines = [`  ext4: ${[mode, ...onError, ...ext4.options].join(',')}; ${state.join(say(', ', '，'))}`];
  const error = (name: string, e: Ext4ErrorData): string => `  ${name}: ${errorText(e, language)}`;
  if (ext4.firstError) lines.push(error(say('first error', '首个错误'), ext4.firstError));
  if (ext4.lastError) lines.push(error(say('last error', '最近的错误'), ext4.lastError));
  const { journal } = ext4;
  if (!journal) return lines;
  const failed = say(`aborted with error ${journal.error}`, `已中止，错误 ${journal.error}`);
  const status = journal.aborted ? failed : say('running', '运行中');
  lines.push(`  ${say('journal', '日志')} ${journal.device} ${journal.address.slice(2)}: ${status}`);
  if (journal.running)
    lines.push(`    ${say('running transaction', '运行中的事务')} ${transactionText(journal.running, say)}`);
  if (journal.committing)
    lines.push(`    ${say('committing transaction', '提交中的事务')} ${transactionText(journal.committing, say)}`);
  return lines;
}

function errorText(error: Ext4ErrorData, language: Language): string {
  const inode = error.inode === 0 ? '' : `, inode ${error.inode}`;
  return `${error.function}:${error.line}${inode}, ${formatDate(error.timeSeconds, language)}`;
}

function transactionText(t: TransactionData, say: Say): string {
  const age = t.ageSeconds === null ? '' : say(`, ${t.ageSeconds} s old`, `，已 ${t.ageSeconds} 秒`);
  const handles = say(`, ${t.openHandles} open handles`, `，${t.openHandles} 个打开的句柄`);
  return `${t.id} ${t.address.slice(2)}: ${t.state ?? '?'}${age}${handles}`;
}
