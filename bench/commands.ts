import { existsSync } from 'node:fs';
import { crash, drgn, type Outcome, options, ours, race, vmlinux } from './race.ts';

/**
 * A session's worth of commands as a whole process, in turn with crash and with drgn's crash mode, and three commands on a
 * dump of a big machine. Exit status 1 when a limit is exceeded.
 */
const SCRIPT = [
  ...['sys', 'ps', 'ps -m', 'kmem -i', 'kmem -s', 'runq', 'timer', 'net', 'mount', 'swap', 'dev -d', 'irq -s', 'files'],
  ...['vm', 'foreach UN bt', 'struct task_struct.pid,comm init_task', 'list -H modules -s module.name'],
  ...['tree -t rbtree -o vmap_area.rb_node vmap_area_root', 'dis panic', 'log'],
];
/** It has no disassembler, stops in `ps -m` where a CPU has no task, and prints no stacks for a state. */
const DRGN_LACKS = ['dis panic', 'ps -m', 'foreach UN bt'];
const BIG = ['ps', 'kmem -s', 'foreach bt'];

const CRASH_LIMIT = 0.15;
const DRGN_LIMIT = 0.8;
const MEMORY_LIMIT_MIB = 400;

let exceeded = 0;

function hold(what: string, value: number, limit: number): void {
  const within = value <= limit;
  if (!within) exceeded++;
  console.log(`  ${within ? 'within' : 'EXCEEDS'} the limit: ${what} ${value.toFixed(3)}, at most ${limit}`);
}

function holdRatios(outcomes: readonly Outcome[], limit: number): void {
  if (outcomes.length === 0) exceeded++;
  for (const { us, them, ratio } of outcomes) hold(`${us} / ${them}`, ratio, limit);
}

if (!existsSync(options.dump) || !existsSync(vmlinux)) {
  console.log(`no ${options.dump} or its vmlinux; npm run lab -- peers makes them`);
  exceeded++;
} else {
  const all = [...ours([options.dump], SCRIPT), crash(options.dump, SCRIPT)];
  holdRatios(race(`${SCRIPT.length} commands: ${options.dump}`, all, 20_000), CRASH_LIMIT);
  const shared = SCRIPT.filter((line) => !DRGN_LACKS.includes(line));
  const peers = [...ours([options.dump], shared), drgn(options.dump, 'crash-mode.py', shared)];
  holdRatios(race(`the ${shared.length} of them that drgn has`, peers, 20_000), DRGN_LIMIT);
}

if (!existsSync(options.big)) {
  console.log(`no ${options.big}; npm run lab -- make amd64-6.1-big makes it`);
  exceeded++;
} else {
  for (const line of BIG) {
    const outcomes = race(
      `${line}: ${options.big}`,
      [...ours([options.big], [line]), crash(options.big, [line])],
      5_000,
    );
    holdRatios(outcomes, 1);
    for (const { us, peakMiB } of outcomes) hold(`${us}, MiB`, peakMiB, MEMORY_LIMIT_MIB);
  }
}
process.exitCode = exceeded > 0 ? 1 : 0;
