import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { measure, median, type Run } from './measure.ts';
import { options, vmlinux } from './race.ts';

/**
 * The report as one HTML file, as a whole process, without and with the kernel's debug information. Exit status 1 when it
 * takes more than it may.
 */
interface Case {
  readonly name: string;
  readonly files: readonly string[];
  readonly limitMs: number;
  readonly limitMiB: number;
}

const cli = resolve(import.meta.dirname, '../dist/inquest.cjs');
const LEAST = 20_000;
const cases: readonly Case[] = [
  { name: 'without debug info', files: [options.dump], limitMs: 800, limitMiB: 250 },
  { name: 'with debug info', files: [options.dump, vmlinux], limitMs: 2000, limitMiB: 250 },
];

function runs(node: string, files: readonly string[]): Run[] {
  const run = (): Run => measure([node, cli, 'report', ...files, '--format', 'html']);
  run(); // warms the page cache and the compile cache
  return Array.from({ length: Number(options.rounds) }, run);
}

console.log(`report --format html: ${options.dump}`);
for (const { name, files, limitMs, limitMiB } of cases) {
  const missing = files.find((f) => !existsSync(f));
  if (missing !== undefined) {
    console.log(`  ${name}: no ${missing || 'vmlinux'}; npm run lab -- peers makes it`);
    process.exitCode = 1;
    continue;
  }
  for (const [node, path] of [
    ['Node 20', options.node20],
    ['Node 24', resolve(import.meta.dirname, '../node_modules/.bin/node')],
  ] as const) {
    if (!existsSync(path)) continue;
    const all = runs(path, files);
    const [ms, mib] = [median(all.map((r) => r.cpuMs)), Math.max(...all.map((r) => r.peakMiB))];
    const ok = ms <= limitMs && mib <= limitMiB && all.every((r) => r.status === 0 && r.output.length >= LEAST);
    if (!ok) process.exitCode = 1;
    const figures = `cpu ${ms.toFixed(0).padStart(5)} ms of ${limitMs}, peak ${mib.toFixed(0).padStart(4)} MiB of ${limitMiB}`;
    console.log(`  ${name.padEnd(18)} ${node}  ${figures}${ok ? '' : '   TOO MUCH'}`);
  }
}
