import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { measure, median, type Run } from './measure.ts';
import { lab, options, usualDump, vmlinux, vmlinuxOf } from './race.ts';

/**
 * The report as one HTML file, as a whole process, without and with the kernel's debug information: of the dumps whose
 * reports take longest, or of one (`--dump`). Exit status 1 when it takes more than it may.
 */
interface Case {
  readonly name: string;
  readonly files: readonly string[];
  readonly limitMs: number;
}

const LIMIT_MIB = 250;
const LEAST = 20_000;
const cli = resolve(import.meta.dirname, '../dist/inquest.cjs');
const dumpOf = (name: string): string => join(lab, 'dumps', name, 'vmcore');

function cases(): Case[] {
  const without = (dump: string, limitMs = 800): Case => ({ name: nameOf(dump), files: [dump], limitMs });
  const withInfo = (dump: string, info: string): Case => {
    return { name: `${nameOf(dump)} with vmlinux`, files: [dump, info], limitMs: 2000 };
  };
  const { dump } = options;
  if (dump !== usualDump) return [without(dump), withInfo(dump, vmlinux)];
  const worst = dumpOf('amd64-6.1-rcuinode');
  return [
    ...['amd64-6.1-rcuinode', 'arm64-6.1-rcuinode', 'amd64-6.1-inode', 'amd64-6.1-null'].map((n) => without(dumpOf(n))),
    without(options.big, 1500),
    withInfo(worst, options.vmlinux ?? vmlinuxOf(worst)),
  ];
}

/** The lab keeps each in a folder of its own. */
function nameOf(dump: string): string {
  return basename(dump) === 'vmcore' ? basename(dirname(dump)) : basename(dump);
}

function runs(node: string, files: readonly string[]): Run[] {
  const run = (): Run => measure([node, cli, 'report', ...files, '--format', 'html']);
  run(); // warms the page cache and the compile cache
  return Array.from({ length: Number(options.rounds) }, run);
}

for (const { name, files, limitMs } of cases()) {
  const missing = files.find((f) => !existsSync(f));
  if (missing !== undefined) {
    console.log(`  ${name}: no ${missing || 'vmlinux'}; npm run lab -- make and -- peers make it`);
    process.exitCode = 1;
    continue;
  }
  for (const [node, path] of [
    ['Node 20', options.node20],
    ['Node 24', resolve(import.meta.dirname, '../node_modules/.bin/node')],
  ] as const) {
    if (!existsSync(path)) continue;
    const all = runs(path, files);
    const times = all.map((r) => r.cpuMs);
    const [ms, mib] = [median(times), Math.max(...all.map((r) => r.peakMiB))];
    const ok = ms <= limitMs && mib <= LIMIT_MIB && all.every((r) => r.status === 0 && r.output.length >= LEAST);
    if (!ok) process.exitCode = 1;
    const cpu = `cpu ${ms.toFixed(0).padStart(5)} ms of ${limitMs} (least ${Math.min(...times).toFixed(0)})`;
    const peak = `peak ${mib.toFixed(0).padStart(4)} MiB of ${LIMIT_MIB}`;
    console.log(`  ${name.padEnd(31)} ${node}  ${cpu.padEnd(33)}, ${peak}${ok ? '' : '   TOO MUCH'}`);
  }
}
