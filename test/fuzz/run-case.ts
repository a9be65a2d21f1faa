import type { CaseResult } from './case-result.ts';
import { SoundDebug } from './debug-case.ts';
import { runDumpCase, SoundDump } from './dump-case.ts';
import { SoundLogs } from './log-case.ts';
import { type FuzzCase, type FuzzDump, isOfMemory } from './plan.ts';

/** What cases damage, open and sound. */
export interface Sound {
  readonly dump: FuzzDump;
  /** Learns what a kind of damage needs to know, which is not of the case. */
  learn?(kind: string): void;
  run(one: FuzzCase): CaseResult | Promise<CaseResult>;
  close(): void;
}

/** Opens what cases of a kind damage. */
export async function openSound(dump: FuzzDump): Promise<Sound> {
  if (dump.type === 'log') return new SoundLogs(dump);
  if (dump.type === 'debug') {
    const sound = new SoundDebug(dump);
    await sound.prepare();
    return sound;
  }
  const sound = new SoundDump(dump);
  await sound.prepare();
  return {
    dump,
    learn(kind) {
      if (isOfMemory(kind)) void sound.targets;
    },
    run: (one) => runDumpCase(sound, one),
    close: () => sound.close(),
  };
}
