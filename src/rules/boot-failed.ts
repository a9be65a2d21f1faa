import type { Phrase } from '../base/phrase.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { systemFacts } from '../kernel/system.ts';

/** The kernel came up and found no root file system, or nothing there to start. */
export const bootFailed: Rule = {
  id: 'panic.boot',
  title: 'The kernel could not start user space',
  source: 'init/do_mounts.c, mount_block_root(); init/main.c, kernel_init()',
  *check(of) {
    const message = of.panic.message ?? '';
    const found = PANICS.find(({ pattern }) => pattern.test(message));
    if (!found) return;
    const command = systemFacts(of.prog).commandLine;
    const words = (command ?? '').split(/\s+/).filter((word) => PARAMETER.test(word));
    const given = words.length > 0 ? words.join(' ') : undefined;
    const lines = of.log.flatMap((r) => r.text.split('\n')).filter((line) => SAID.test(line));
    yield {
      severity: 'cause',
      confidence: 'certain',
      title: found.title,
      sentence: {
        en: `${found.title.en}: ${found.why.en}${given === undefined ? '' : `. The command line says \`${given}\``}.`,
        zh: `${found.title.zh}：${found.why.zh}${given === undefined ? '' : `。启动参数为 \`${given}\``}。`,
      },
      evidence: [
        logEvidence(message),
        ...lines.slice(0, MOST).map((line) => logEvidence(line)),
        ...words.slice(0, MOST).map((word) => ({ what: PARAMETERS, value: word, command: 'log' })),
      ],
      settle: [found.settle],
    };
  },
};

const MOST = 4;
/** What of the command line says where user space is. */
const PARAMETER = /^(?:root|rootfstype|rootflags|init|rdinit|initrd|nfsroot|rd\.luks\S*|rd\.lvm\S*)=/;
const PARAMETERS: Phrase = { en: 'a parameter of the command line', zh: '启动参数' };
const SAID =
  /^(?:VFS: (?:Cannot open|Unable to mount|Mounted)|Cannot open root device|Please append a correct|md: |check access for rdinit|Run \S+ as init process|Failed to execute |Starting init: |Initramfs unpacking failed)/;

const PANICS: readonly {
  readonly pattern: RegExp;
  readonly title: Phrase;
  readonly why: Phrase;
  readonly settle: Phrase;
}[] = [
  {
    pattern: /VFS: Unable to mount root fs/,
    title: { en: 'No root file system could be mounted', zh: '无法挂载根文件系统' },
    why: {
      en: 'the device is not there, its driver or its file system is not in the kernel or the initramfs, or the initramfs itself is missing',
      zh: '设备不存在，其驱动或文件系统不在内核或 initramfs 中，或缺少 initramfs',
    },
    settle: {
      en: "whether the boot loader's entry has an initrd of this very release and a root= that exists; the list of partitions in the log tells which disks were found",
      zh: '引导项是否带有该版本的 initrd 以及存在的 root=；日志中的分区列表说明找到了哪些磁盘',
    },
  },
  {
    pattern: /No (?:working )?init found|Requested init .* failed/,
    title: { en: 'Nothing could be started as the first process', zh: '没有可作为首个进程启动的程序' },
    why: {
      en: 'the root file system was mounted, but init is not there, is for another CPU, or its interpreter or loader is missing',
      zh: '根文件系统已挂载，但其中没有 init，或其体系结构不符，或缺少其解释器、加载器',
    },
    settle: {
      en: 'whether the root file system is the right one and whole: /sbin/init and the dynamic loader that it names',
      zh: '根文件系统是否正确且完好：/sbin/init 及其指定的动态加载器',
    },
  },
];
