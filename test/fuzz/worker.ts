import { readFileSync, writeFileSync } from 'node:fs';
import type { FuzzCase } from './plan.ts';
import { openSound, type Sound } from './run-case.ts';

/** A process that runs cases one after the other; its parent watches time and memory and ends it when it must. */
let sound: Sound | undefined;

const COLLECT_MIB = 300;

function rssMiB(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}

function peakMiB(): number {
  const line = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(line?.[1] ?? 0) / 1024;
}

async function run(one: FuzzCase): Promise<void> {
  if (sound?.dump.name !== one.dump.name) {
    sound?.close();
    sound = undefined;
    sound = await openSound(one.dump);
  }
  sound.learn?.(one.kind);
  // What the opening and earlier cases left is not of this case; but a collection costs as much as a case.
  if (rssMiB() > COLLECT_MIB) await global.gc?.({ execution: 'async', flavor: 'last-resort', type: 'major' });
  writeFileSync('/proc/self/clear_refs', '5'); // the peak counts from here (Linux, proc_pid_clear_refs(5))
  const beforeMiB = peakMiB();
  process.send?.({ kind: 'started' });
  const result = await sound.run(one);
  process.send?.({ kind: 'done', result, peakMiB: peakMiB(), beforeMiB });
}

process.on('message', (one: FuzzCase) => {
  void run(one);
});
process.on('unhandledRejection', (error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(3);
});
process.send?.({ kind: 'ready' });
