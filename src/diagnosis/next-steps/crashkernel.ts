import type { Phrase } from '../../base/phrase.ts';
import { formatSize } from '../../report/format-size.ts';
import { addBootParameter, UNDO_BOOT } from './boot-parameter.ts';
import { parseCrashkernel, reservedFor } from './crashkernel-syntax.ts';
import { bootParameter, type StepMaker } from './step-facts.ts';

/** What distributions reserve by default, the larger value where they differ; enough for makedumpfile with a stock initrd. */
const USUAL = '1G-4G:256M,4G-64G:320M,64G-1T:576M,1T-:1G';

/** Memory for the kernel that writes the dump, when the dump came out incomplete or too little is reserved. */
export const crashkernel: StepMaker = function* (facts) {
  const { memoryBytes } = facts.report.system;
  if (memoryBytes === null) return;
  const given = bootParameter(facts, 'crashkernel');
  const reserved = given === undefined ? undefined : reservedFor(parseCrashkernel(given), memoryBytes);
  const usual = reservedFor(parseCrashkernel(USUAL), memoryBytes) ?? 0;
  const truncated = facts.report.missing.some(
    (m) => m.what === 'dump file' && /cut off|incomplete|truncated/.test(m.why),
  );
  // A dump of a small test machine needs no reservation of its own: a hypervisor wrote it.
  const small = given !== undefined && usual > 0 && (reserved ?? 0) < usual / 2;
  if (!truncated && !small) return;
  const size = Math.max(usual, truncated ? 2 * (reserved ?? 0) : 0, MINIMUM);
  const parameter = `crashkernel=${size / MIB}M`;
  yield {
    id: 'crashkernel',
    title: { en: 'Reserve more memory for the dump', zh: '为转储保留更多内存' },
    why: whyPhrase(truncated, given, reserved, memoryBytes),
    texts: [
      { place: 'boot', text: parameter },
      { place: 'shell', text: `${addBootParameter(parameter)}\n# afterwards: cat /sys/kernel/kexec_crash_size` },
    ],
    cost: {
      en: `${formatSize(size)} of memory that nothing else can use.`,
      zh: `${formatSize(size)} 内存不能再作他用。`,
    },
    risk: {
      en: 'The kernel may refuse a reservation for which it finds no free range: look at kexec_crash_size after the boot. Test it with a crash of your own at a quiet time.',
      zh: '若找不到足够的连续空闲区，内核可能拒绝保留：启动后请查看 kexec_crash_size。请在空闲时自行触发一次崩溃来检验。',
    },
    undo: UNDO_BOOT,
  };
};

const MIB = 2 ** 20;
const MINIMUM = 256 * MIB;

function whyPhrase(
  truncated: boolean,
  given: string | undefined,
  reserved: number | undefined,
  memory: number,
): Phrase {
  const size = formatSize(memory);
  const now: Phrase =
    given === undefined
      ? { en: 'The command line has no crashkernel=.', zh: '命令行中没有 crashkernel=。' }
      : {
          en: `crashkernel=${given} gives ${reserved === undefined ? '0 bytes' : formatSize(reserved)} on this machine of ${size}.`,
          zh: `crashkernel=${given} 在这台 ${size} 的机器上保留 ${reserved === undefined ? '0 字节' : formatSize(reserved)}。`,
        };
  if (!truncated) return now;
  return {
    en: `The dump is cut off. The kernel that wrote it may have run out of memory, or the disk was full. ${now.en}`,
    zh: `转储被截断。写它的内核可能内存不足，或磁盘已满。${now.zh}`,
  };
}
