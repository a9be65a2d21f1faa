import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Evidence, Finding } from '../report/finding.ts';
import { storageData } from '../report/storage-data.ts';
import type { Ext4Data, FilesystemData } from '../report/storage-schema.ts';

/** A filesystem that met an error, gave up or lost its journal. */
export const filesystemError: Rule = {
  id: 'fs.error',
  title: 'A filesystem is in error',
  source:
    'ext4_handle_error() in fs/ext4/super.c, jbd2_journal_abort(), xfs_do_force_shutdown(), btrfs_handle_fs_error()',
  *check(of: Case): Iterable<Finding> {
    for (const filesystem of storageData(of.prog).filesystems) {
      const signs = signsOf(filesystem);
      if (signs.length > 0) yield finding(of, filesystem, signs);
    }
  },
};

/** ext4 stops the kernel itself with errors=panic. */
const PANIC = /^(?:EXT4-fs|XFS|BTRFS|EXT2-fs) ?\(.*\): .*panic/;

function finding(of: Case, filesystem: FilesystemData, signs: readonly Evidence[]): Finding {
  const path = filesystem.paths[0] ?? '?';
  const device = filesystem.devices[0]?.name ?? '?';
  const told = (of.panic.message ?? '').replace(/^Kernel panic - not syncing: /, '');
  const killed = PANIC.test(told);
  const name = `${filesystem.type} ${path} (${device})`;
  const failure = killed ? diskFailure(of, device) : undefined;
  const disk = whyWords(of, device, failure);
  return {
    severity: killed ? 'cause' : 'suspect',
    confidence: killed ? 'certain' : 'likely',
    title: { en: `Filesystem ${path} is in error`, zh: `文件系统 ${path} 处于错误状态` },
    sentence: killed
      ? {
          en: `${name} met an error and is mounted with errors=panic${disk.en}.`,
          zh: `${name} 出错，且以 errors=panic 挂载${disk.zh}。`,
        }
      : {
          en: `${name} has met an error: ${signs.map((s) => s.what.en).join(', ')}. What it holds may be damaged, or its disk failed.`,
          zh: `${name} 出过错：${signs.map((s) => s.what.zh).join('、')}。其中的数据可能已损坏，或磁盘发生过故障。`,
        },
    subject: { address: filesystem.superblock, type: 'struct super_block' },
    evidence: killed
      ? [
          ...lastError(of, device),
          ...(failure === undefined ? [] : [{ what: DISK, value: failure, command: 'log' }]),
          ...signs,
          { what: { en: 'the panic', zh: 'panic 信息' }, value: told, command: 'log' },
        ]
      : signs,
    settle: [
      {
        en: `Look for I/O errors of ${device} in the log and run fsck on it while it is not mounted.`,
        zh: `在日志中查找 ${device} 的 I/O 错误，并在卸载后对其运行 fsck。`,
      },
    ],
  };
}

/** What it said when it met the error: the newest such line is the one that stopped the kernel. */
function lastError(of: Case, device: string): Evidence[] {
  const lines = of.log.map((r) => r.text.split('\n')[0] ?? '');
  // what comes after it, as that the superblock cannot be written, is a consequence
  const line = [MET, ERROR].map((kind) => lines.findLast((l) => kind.test(l) && l.includes(device))).find(Boolean);
  if (line === undefined) return [];
  return [{ what: { en: 'the error that it met', zh: '它遇到的错误' }, value: line, command: 'log' }];
}

/** block/blk-core.c, blk_print_req_error(); fs/buffer.c, buffer_io_error() */
function diskFailure(of: Case, device: string): string | undefined {
  const its = new RegExp(`\\b(?:error, dev|error on dev) ${device.replaceAll(/[^\w-]/g, '.')}\\b`);
  return of.log.map((r) => r.text.split('\n')[0] ?? '').find((line) => its.test(line));
}

function whyWords(of: Case, device: string, failure: string | undefined): Phrase {
  if (failure !== undefined) return FAILED;
  return lastError(of, device).some((e) => /: trigger_test_error:/.test(e.value)) ? ASKED : DAMAGED;
}

/** fs/ext4/sysfs.c, trigger_test_error() */
const ASKED: Phrase = {
  en: ': the error was asked for by writing to trigger_fs_error in sysfs',
  zh: '：该错误是写 sysfs 的 trigger_fs_error 人为触发的',
};
const DISK: Phrase = { en: 'the first error of its disk', zh: '其磁盘的首个错误' };
const FAILED: Phrase = {
  en: ': its disk failed, or is gone, and the file system could not go on without it',
  zh: '：其磁盘出错或已消失，文件系统无法继续',
};
const DAMAGED: Phrase = {
  en: ': the log has no error of its disk, so that the data are damaged, on the disk or in memory',
  zh: '：日志中没有其磁盘的错误，说明数据（磁盘上或内存中的）已损坏',
};
const MET = /^EXT[24]-fs error \(device/;
const ERROR = /^(?:EXT[24]-fs|XFS|BTRFS)\b.*(?:error|corrupt)/i;

function signsOf(filesystem: FilesystemData): Evidence[] {
  const signs: Evidence[] = [];
  const add = (en: string, zh: string, value: string): void => {
    signs.push({ what: { en, zh }, value, command: 'storage' });
  };
  if (filesystem.ext4) ext4Signs(filesystem.ext4, add);
  if (filesystem.xfs?.shutdown) add('XFS was shut down', 'XFS 已关闭', 'XFS: shut down');
  if (filesystem.btrfs?.hasErrors) add('btrfs is in error', 'btrfs 处于错误状态', 'btrfs: has errors');
  if (filesystem.btrfs?.aborted) add('a transaction was aborted', '有事务被中止', 'a transaction was aborted');
  if (filesystem.writeError !== 0) {
    add('a write to the disk failed', '写盘失败', `a write failed with error ${filesystem.writeError}`);
  }
  return signs;
}

function ext4Signs(ext4: Ext4Data, add: (en: string, zh: string, value: string) => void): void {
  const { journal, lastError } = ext4;
  if (ext4.stopped) add('it was shut down', '它已关闭', 'shut down');
  if (ext4.hasErrors) add('its superblock is marked', '其超级块带有错误标记', 'has errors');
  if (ext4.errorCount !== null && ext4.errorCount > 0) {
    add('errors since the last fsck', '自上次 fsck 以来的错误数', `error count ${ext4.errorCount}`);
  }
  if (lastError) add('where the last error was met', '最近一次出错的位置', `${lastError.function}:${lastError.line}`);
  if (journal?.aborted) add('its journal was aborted', '其日志已中止', `aborted with error ${journal.error}`);
}
