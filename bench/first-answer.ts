import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measure, median, type Run } from './measure.ts';

/**
 * The first answer of a dump (sys, ps, log, mod, bt), without debug info, as a whole process, in turn with crash and drgn.
 * Prints medians and the medians of the ratios of each round.
 */
const here = import.meta.dirname;
const lab = process.env.INQUEST_LAB || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'inquest', 'lab');
const { values: options } = parseArgs({
  options: {
    dump: { type: 'string', default: join(lab, 'dumps/amd64-6.1-null-elf-paging/vmcore') },
    kdump: { type: 'string', default: join(lab, 'dumps/amd64-6.1-kexec-d31-zlib/vmcore') },
    vmlinux: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    node20: { type: 'string', default: '/usr/bin/node' },
    newest: { type: 'boolean', default: false },
  },
});
const vmlinux = options.vmlinux ?? vmlinuxOf(options.dump);

/** What the lab noted beside the dump. */
function vmlinuxOf(dump: string): string {
  const meta = join(dirname(dump), 'meta.json');
  return (existsSync(meta) && (JSON.parse(readFileSync(meta, 'utf8')) as { vmlinux?: string }).vmlinux) || '';
}

const COMMANDS = ['sys', 'ps', 'log', 'mod', 'bt'];
const cli = resolve(here, '../dist/inquest.cjs');
/** Debian stable's peers, or the newest ones, which the lab runs out of a sid root. */
const crashProgram = options.newest ? [join(lab, 'peers/crash-sid')] : ['crash'];
const drgnProgram = options.newest ? [join(lab, 'peers/python-sid')] : ['/usr/bin/python3'];

interface Contender {
  readonly name: string;
  run(): Run;
}

function ours(name: string, node: string, dump: string): Contender {
  const command = [node, cli, dump, ...COMMANDS.flatMap((c) => ['-c', c])];
  return { name, run: () => measure(command) };
}

function crash(dump: string): Contender {
  return {
    name: 'crash',
    run: () => measure([...crashProgram, '-s', vmlinux, dump], `${COMMANDS.join('\n')}\nexit\n`),
  };
}

function drgn(dump: string): Contender {
  const script = resolve(here, 'peers/first-answer.py');
  return { name: 'drgn', run: () => measure([...drgnProgram, script, dump, vmlinux]) };
}

/** A run that printed next to nothing did not do the work and must not count. */
function worked(run: Run): boolean {
  return run.status === 0 && run.output.length > 4000;
}

function race(title: string, contenders: readonly Contender[], rounds: number): void {
  console.log(`\n${title}`);
  const runs = new Map<string, Run[]>();
  for (const c of contenders) runs.set(c.name, []);
  for (let round = -1; round < rounds; round++) {
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
    }
  }
}

function nodes(): { name: string; path: string }[] {
  const list = [
    { name: 'Node 20', path: options.node20 },
    { name: 'Node 24', path: resolve(here, '../node_modules/.bin/node') },
  ];
  return list.filter((n) => existsSync(n.path));
}

const rounds = Number(options.rounds);
for (const [title, dump, peers] of [
  ['ELF dump', options.dump, [crash, drgn]],
  ['zlib kdump', options.kdump, [crash]],
] as const) {
  if (!existsSync(dump)) {
    console.log(`\n${title}: no ${dump}; npm run lab -- peers makes it`);
    continue;
  }
  const contenders = nodes().map((n) => ours(`inquest ${n.name}`, n.path, dump));
  if (existsSync(vmlinux)) contenders.push(...peers.map((p) => p(dump)));
  else console.log(`\n${title}: no vmlinux for the peers; npm run lab -- peers fetches it`);
  race(`${title}: ${dump}`, contenders, rounds);
}
