import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { systemFacts } from '../kernel/system.ts';
import { totalRamPages } from '../kernel/total-ram.ts';
import { formatSize } from '../report/format-size.ts';

/** The kernel came up and found no root file system, or nothing there to start. */
export const bootFailed: Rule = {
  id: 'panic.boot',
  title: 'The kernel could not start user space',
  source: 'init/do_mounts.c, mount_block_root(); init/main.c, kernel_init()',
  *check(of) {
    const message = of.panic.message ?? '';
    const told = PANICS.find(({ pattern }) => pattern.test(message));
    if (!told) return;
    const command = systemFacts(of.prog).commandLine;
    const words = (command ?? '').split(/\s+/).filter((word) => PARAMETER.test(word));
    const given = words.length > 0 ? words.join(' ') : undefined;
    const lines = of.log.flatMap((r) => r.text.split('\n')).filter((line) => SAID.test(line));
    const unpacked = lines.map((line) => UNPACKING.exec(line)?.[1]).find((why) => why !== undefined);
    const found = unpacked === undefined ? told : brokenInitramfs(of, unpacked);
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
const PARAMETER = /^(?:mem|root|rootfstype|rootflags|init|rdinit|initrd|nfsroot|rd\.luks\S*|rd\.lvm\S*)=/;
const PARAMETERS: Phrase = { en: 'a parameter of the command line', zh: '启动参数' };
const SAID =
  /^(?:VFS: (?:Cannot open|Unable to mount|Mounted)|Cannot open root device|Please append a correct|md: |check access for rdinit|Run \S+ as init process|Failed to execute |Starting init: |Initramfs unpacking failed)/;

interface Reason {
  readonly title: Phrase;
  readonly why: Phrase;
  readonly settle: Phrase;
}

/** init/initramfs.c, do_populate_rootfs(): `write error` is that of the file system in memory, the others are of the archive. */
const UNPACKING = /^Initramfs unpacking failed: (.*)/;

function brokenInitramfs(of: Case, error: string): Reason {
  if (error !== 'write error') {
    return {
      title: { en: 'The initramfs could not be unpacked', zh: '无法解包 initramfs' },
      why: {
        en: `its archive is damaged, cut off, or compressed in a way that this kernel does not know ("${error}"), so that there was nothing to start`,
        zh: `其归档损坏、被截断，或使用了该内核不支持的压缩方式（"${error}"），因此没有可启动的内容`,
      },
      settle: {
        en: 'make the initramfs of this release anew (update-initramfs -u -k, dracut -f), and see whether /boot was full when it was written',
        zh: '重新生成该版本的 initramfs（update-initramfs -u -k、dracut -f），并检查写入时 /boot 是否已满',
      },
    };
  }
  const pages = attempt(() => totalRamPages(of.prog));
  const size = pages === undefined ? undefined : formatSize(pages * of.prog.pageSize);
  return {
    title: { en: 'The initramfs does not fit into the memory', zh: '内存放不下 initramfs' },
    why: {
      en: `unpacking it met a write error: the file system in memory that it is unpacked to may take half of the ${size ?? 'memory'}, and was full, so that there was nothing to start`,
      zh: `解包时出现写错误：解包所用的内存文件系统最多占${size === undefined ? '' : ` ${size} `}内存的一半，已写满，因此没有可启动的内容`,
    },
    settle: {
      en: 'give the machine more memory (of a crash kernel: a larger crashkernel=, or a smaller initramfs), and see whether mem= of the command line is meant',
      zh: '给机器更多内存（若是捕获内核：更大的 crashkernel= 或更小的 initramfs），并检查启动参数中的 mem= 是否有意为之',
    },
  };
}

const PANICS: readonly ({ readonly pattern: RegExp } & Reason)[] = [
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
