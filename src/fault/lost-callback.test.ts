import assert from 'node:assert/strict';
import { basename, resolve } from 'node:path';
import { test } from 'node:test';
import { openDump } from '../node/open-dump.ts';
import type { FaultData } from '../report/fault-data.ts';
import { FullSession } from '../session/full-session.ts';
import type { Machine } from './machine.ts';
import { machines } from './machines.ts';

async function explained(name: string): Promise<FaultData> {
  const file = resolve(import.meta.dirname, `../../samples/${name}.vmcore`);
  const dump = await openDump([file]);
  try {
    const answer = new FullSession(dump.program, { dumpNames: [basename(file)] }).run('explain');
    assert.ok(answer);
    return (answer.data as unknown as { fault: FaultData }).fault;
  } finally {
    dump.close();
  }
}

/** Runs with machines whose code is said to mention no distance, and counts how often that was asked. */
async function unmentioned<T>(run: () => Promise<T>): Promise<{ result: T; asked: number }> {
  const all = Object.values(machines) as Machine[];
  const before = all.map((m) => m.mentions);
  let asked = 0;
  for (const machine of all) {
    Object.assign(machine, {
      mentions: () => {
        asked++;
        return false;
      },
    });
  }
  try {
    return { result: await run(), asked };
  } finally {
    for (const [i, machine] of all.entries()) Object.assign(machine, { mentions: before[i] });
  }
}

test('a callback whose pointer was overwritten is found also where its code does not mention how far it goes', async () => {
  const found = await explained('amd64-6.1-softirq');
  const { result, asked } = await unmentioned(() => explained('amd64-6.1-softirq'));
  assert.ok(asked > 0);
  const callback = found.strands.flatMap((s) => s.steps).find((step) => /callback/.test(step.place));
  assert.ok(callback, 'a callback is in the explanation');
  assert.deepEqual(result, found);
});
