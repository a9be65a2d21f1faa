import { readFileSync, writeFileSync } from 'node:fs';
import type { FuzzCase } from './plan.ts';
import { runCase, SoundDump } from './run-case.ts';

/** A process that runs cases one after the other; its parent watches time and memory and ends it when it must. */
let sound: SoundDump | undefined;

function peakMiB(): number {
  const line = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(line?.[1] ?? 0) / 1024;
}

process.on('message', (one: FuzzCase) => {
  if (sound?.dump.name !== one.dump.name) {
    sound?.close();
    sound = new SoundDump(one.dump);
    void sound.targets;
  }
  global.gc?.();
  writeFileSync('/proc/self/clear_refs', '5'); // the peak counts from here (Linux, proc_pid_clear_refs(5))
  process.send?.({ kind: 'started' });
  const result = runCase(sound, one);
  process.send?.({ kind: 'done', result, peakMiB: peakMiB() });
});
process.send?.({ kind: 'ready' });
