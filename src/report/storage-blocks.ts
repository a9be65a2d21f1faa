import type { Language, Phrase } from '../base/phrase.ts';
import type { Block } from './block.ts';
import { filesystemLines } from './filesystem-lines.ts';
import { formatSize } from './format-size.ts';
import { formatDuration } from './format-time.ts';
import type { DiskRequestData, StorageData } from './storage-schema.ts';

const WORDS = {
  requests: { en: 'Requests that disks are working on', zh: '磁盘正在处理的请求' },
  none: { en: 'No filesystem is on a block device.', zh: '没有位于块设备上的文件系统。' },
  unknown: { en: '(unknown)', zh: '（未知）' },
} as const satisfies Record<string, Phrase>;

/** What a request does, in Chinese; others keep the kernel's name. */
const OPERATIONS: Readonly<Record<string, string>> = {
  read: '读',
  write: '写',
  flush: '刷新缓存',
  discard: '丢弃',
  'secure erase': '安全擦除',
  'zone append': '区域追加',
  'write zeroes': '写零',
  'driver in': '驱动读',
  'driver out': '驱动写',
};

/** Filesystems with their devices and state, then the requests in flight. */
export function* storageBlocks(data: StorageData, language: Language): Iterable<Block> {
  if (data.filesystems.length === 0) yield { kind: 'text', text: WORDS.none[language] };
  for (const filesystem of data.filesystems) yield { kind: 'lines', lines: filesystemLines(filesystem, language) };
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
      language === 'zh' ? (OPERATIONS[r.operation] ?? r.operation) : r.operation,
      r.sector,
      formatSize(r.bytes),
      requestAge(r, language),
    ]),
  };
}

function requestAge({ ageSeconds, timeoutSeconds }: DiskRequestData, language: Language): string {
  if (ageSeconds === null) return WORDS.unknown[language];
  const zh = language === 'zh';
  const unit = zh ? '秒' : 's';
  const age = ageSeconds < 100 ? `${ageSeconds.toFixed(3)} ${unit}` : formatDuration(ageSeconds);
  if (timeoutSeconds === null || timeoutSeconds <= 0 || ageSeconds <= timeoutSeconds) return age;
  return zh ? `${age}（驱动的上限为 ${timeoutSeconds} 秒）` : `${age} (the driver's limit is ${timeoutSeconds} s)`;
}
