import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ensureDump, readMeta } from './dumps.ts';
import { kernel } from './kernels.ts';
import { makedumpfile } from './makedumpfile.ts';
import { normalizeCore } from './normalize.ts';
import { dumpDir, place, repoDir } from './places.ts';
import { step } from './run.ts';
import { SAMPLE_SCENARIOS, type Scenario } from './scenarios.ts';

/** Both files together may not be larger: they are in the repository. */
const LIMIT = 36 << 20;

function noticeOf(name: string, s: Scenario, release: string, version: string, bytes: number): string {
  const meta = readMeta(s.name);
  return `${name}.vmcore (${(bytes / 1048576).toFixed(1)} MiB), ${name}.console.log.gz
  Linux ${release}, Debian source package linux ${version} (bookworm), ${s.memMiB} MiB of memory, ${meta?.smp} CPUs.
  A double free of an ext4 inode from an RCU callback: it dies in softirq, on top of an interrupted page fault.
  Kernel command line: ${meta?.cmdline}
`;
}

function notice(parts: readonly string[]): string {
  return `Sample crash dumps
==================

${parts.join('\n')}
What they are: the memory of virtual machines made for this purpose, filtered by makedumpfile to level 31 (no zero, cache,
private cache, user or free pages) with zstd pages. No data of any person or real machine is in them: the guest has one
disk image, filled from /dev/urandom, and only the processes of the lab.
Each .console.log.gz is the machine's serial console: what the guest printed of its own /proc just before the crash
(lab/README.md describes the sections), then the kernel's own report of the crash.

How they were made: \`npm run lab -- samples\` (lab/README.md).

Licence: a dump is an image of a running Linux kernel and holds parts of it and of its modules in machine form. The Linux
kernel is licensed under GPL-2.0 with the Linux syscall note; its complete corresponding source is Debian's source package
\`linux\` of the version given above, which Debian publishes in its archive and keeps at its snapshot service. The module
\`labcrash\` in them is lab/guest/labcrash.c (GPL-2.0), busybox's and labproc's user pages are filtered out. The sample
dumps are not part of the published npm package and are not covered by the project's own licence.
`;
}

/** Makes samples/*.vmcore, their consoles and NOTICE. */
export async function makeSamples(): Promise<void> {
  const dir = join(repoDir, 'samples');
  mkdirSync(dir, { recursive: true });
  const parts: string[] = [];
  let total = 0;
  for (const s of SAMPLE_SCENARIOS) {
    await ensureDump(s);
    const k = await kernel(s.kernel);
    const name = `${s.kernel}-softirq`;
    const out = join(dir, `${name}.vmcore`);
    await step(`sample ${name}`, async () => {
      const plain = join(place('tmp'), `${name}.elf`);
      normalizeCore(join(dumpDir(s.name), 'vmcore'), plain);
      rmSync(out, { force: true });
      await makedumpfile(k.arch, ['-z', '-d', '31', plain, out]);
      rmSync(plain);
      const console = readFileSync(join(dumpDir(s.name), 'console.log'), 'latin1').replaceAll('\r', '');
      writeFileSync(join(dir, `${name}.console.log.gz`), gzipSync(Buffer.from(console, 'latin1'), { level: 9 }));
    });
    const bytes = statSync(out).size;
    total += bytes;
    const version = k.packages[`linux-image-${k.release}`] ?? '?';
    parts.push(noticeOf(name, s, k.release, version, bytes));
  }
  if (total > LIMIT) throw new Error(`the samples take ${total} bytes, more than ${LIMIT}`);
  writeFileSync(join(dir, 'NOTICE'), notice(parts));
}
