import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measure, median, type Run } from './measure.ts';

const here = import.meta.dirname;
export const lab =
  process.env.INQUEST_LAB || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'inquest', 'lab');
/** What is measured where no other dump is named. */
export const usualDump = join(lab, 'dumps/amd64-6.1-null-elf-paging/vmcore');
export const { values: options } = parseArgs({
  options: {
    dump: { type: 'string', default: usualDump },
    kdump: { type: 'string', default: join(lab, 'dumps/amd64-6.1-kexec-d31-zlib/vmcore') },
    vmlinux: { type: 'string' },
    big: { type: 'string', default: join(lab, 'dumps/amd64-6.1-big/vmcore') },
    rounds: { type: 'string', default: '5' },
    node20: { type: 'string', default: '/usr/bin/node' },
    newest: { type: 'boolean', default: false },
  },
});
export const vmlinux = options.vmlinux ?? vmlinuxOf(options.dump);

/** What the lab noted beside the dump. */
export function vmlinuxOf(dump: string): string {
  const meta = join(dirname(dump), 'meta.json');
  return (existsSync(meta) && (JSON.parse(readFileSync(meta, 'utf8')) as { vmlinux?: string }).vmlinux) || '';
}

const cli = resolve(here, '../dist/inquest.cjs');
/** Debian stable's peers, or the newest ones, which the lab runs out of a sid root. */
const crashProgram = options.newest ? [join(lab, 'peers/crash-sid')] : ['crash'];
const drgnProgram = options.newest ? [join(lab, 'peers/python-sid')] : ['/usr/bin/python3'];

export interface Contender {
  readonly name: string;
  run(): Run;
}

/** This program on each Node that is there. @param files the dump and what else it is given */
export function ours(files: readonly string[], commands: readonly string[]): Contender[] {
  const nodes = [
    { name: 'Node 20', path: options.node20 },
    { name: 'Node 24', path: resolve(here, '../node_modules/.bin/node') },
  ];
  return nodes
    .filter((n) => existsSync(n.path))
    .map(({ name, path }) => {
      const command = [path, cli, ...files, ...commands.flatMap((c) => ['-c', c])];
      return { name: `inquest ${name}`, run: () => measure(command) };
    });
}

export function crash(dump: string, commands: readonly string[], kernel = vmlinux): Contender {
  const input = `${commands.join('\n')}\nexit\n`;
  return { name: 'crash', run: () => measure([...crashProgram, '-s', kernel, dump], input) };
}

/** @param script a file of `peers/`, run with the dump, vmlinux and `more` as its arguments */
export function drgn(dump: string, script: string, more: readonly string[] = []): Contender {
  const path = resolve(here, 'peers', script);
  return { name: 'drgn', run: () => measure([...drgnProgram, path, dump, vmlinux, ...more]) };
}

/** How one contender did against another. */
export interface Outcome {
  readonly us: string;
  readonly them: string;
  /** Of CPU times, the median of the rounds. */
  readonly ratio: number;
  /** Our peak, the median of the rounds. */
  readonly peakMiB: number;
}

/**
 * Runs the contenders in turn and prints medians, and the medians of the ratios of each round, which it returns where every
 * run did its work.
 * @param least characters of output that prove that a run did its work
 */
export function race(title: string, contenders: readonly Contender[], least: number): Outcome[] {
  const outcomes: Outcome[] = [];
  const worked = (run: Run): boolean => run.status === 0 && run.output.length >= least;
  console.log(`\n${title}`);
  const runs = new Map<string, Run[]>();
  for (const c of contenders) runs.set(c.name, []);
  for (let round = -1; round < Number(options.rounds); round++) {
    for (const c of contenders) {
      const run = c.run();
      if (round >= 0) runs.get(c.name)?.push(run); // round -1 warms the page cache
    }
  }
  for (const [name, list] of runs) {
    const failed = list.filter((r) => !worked(r)).length;
    console.log(
      `  ${name.padEnd(16)} cpu ${median(list.map((r) => r.cpuMs))
        .toFixed(0)
        .padStart(6)} ms   ` +
        `peak ${median(list.map((r) => r.peakMiB))
          .toFixed(0)
          .padStart(4)} MiB${failed ? `   ${failed} of ${list.length} runs FAILED` : ''}`,
    );
  }
  for (const us of contenders.filter((c) => c.name.startsWith('inquest'))) {
    for (const them of contenders.filter((c) => !c.name.startsWith('inquest'))) {
      const a = runs.get(us.name) ?? [];
      const b = runs.get(them.name) ?? [];
      if (!b.every(worked)) continue;
      const ratio = median(a.map((r, i) => r.cpuMs / (b[i]?.cpuMs ?? Number.NaN)));
      console.log(`  cpu ratio ${us.name} / ${them.name}: ${ratio.toFixed(3)}`);
      if (a.every(worked)) {
        outcomes.push({ us: us.name, them: them.name, ratio, peakMiB: median(a.map((r) => r.peakMiB)) });
      }
    }
  }
  return outcomes;
}
