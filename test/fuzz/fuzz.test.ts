import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openProgram } from '../../src/open.ts';
import { reportOf } from '../build/sample-dump.ts';
import { CUTS, type FuzzCase, fuzzCase, fuzzDumps, KINDS } from './plan.ts';
import { runCase, SoundDump } from './run-case.ts';

/**
 * A bounded share of `npm run fuzz`: every kind of damage, in turn on the one and on the other sample. INQUEST_FUZZ_KINDS=n
 * runs n cases of each kind on both.
 */
const EACH = process.env.INQUEST_FUZZ_KINDS;
const CASES = Number(EACH ?? 1);
const LIMIT_CPU_MS = 20_000;

test('the plan cuts each sample everywhere and damages everything on every dump', () => {
  const dumps = fuzzDumps([]);
  assert.ok(dumps.length >= 2);
  const seen = new Set<string>();
  for (let n = 0; n < 3000; n++) {
    const { dump, kind, cut } = fuzzCase(dumps, n);
    seen.add(`${dump.name} ${kind} ${cut ?? ''}`);
  }
  assert.equal(seen.size, dumps.length * (CUTS + KINDS.length - 1));
});

for (const [index, dump] of fuzzDumps([]).entries()) {
  const kinds = EACH === undefined ? KINDS.filter((_, i) => i % 2 === index % 2) : KINDS;
  test(`${dump.name}: no damage goes unanswered`, (t) => {
    const sound = new SoundDump(dump);
    after(() => sound.close());
    let opened = 0;
    let slowest = 0;
    const wrong: string[] = [];
    for (const [i, kind] of kinds.entries()) {
      for (let n = 0; n < CASES; n++) {
        const one: FuzzCase = { number: 1000 * i + n, dump, kind, ...(kind === 'cut' && { cut: 120 + n }) };
        const result = runCase(sound, one);
        wrong.push(...result.errors.map((e) => `${kind} ${one.number}: ${e}`));
        if (result.cpuMs > LIMIT_CPU_MS) wrong.push(`${kind} ${one.number}: ${result.cpuMs} ms`);
        if (result.opened) opened++;
        slowest = Math.max(slowest, result.cpuMs);
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(opened > (kinds.length * CASES) / 2, `${opened} opened`);
    t.diagnostic(`${kinds.length * CASES} cases, slowest ${slowest.toFixed(0)} ms`);
  });
}

test('an undamaged dump keeps every answer', () => {
  const [dump] = fuzzDumps([]);
  assert.ok(dump);
  const sound = new SoundDump(dump);
  after(() => sound.close());
  const { kept, errors, opened } = runCase(sound, { number: 0, dump, kind: 'cut', cut: CUTS });
  assert.deepEqual({ kept, errors, opened }, { kept: { tasks: 1, records: 1, frames: 1 }, errors: [], opened: true });
});

test('page descriptors of sections that are not there end', () => {
  const dump = fuzzDumps([]).find((d) => d.name.startsWith('arm64'));
  assert.ok(dump);
  const sound = new SoundDump(dump);
  after(() => sound.close());
  const vmcoreinfo = sound.image.vmcoreinfo?.replace(/^LENGTH\(mem_section\).*$/m, '');
  const start = process.cpuUsage();
  const prog = openProgram({ ...sound.image, ...(vmcoreinfo !== undefined && { vmcoreinfo }) });
  assert.match(reportOf(prog).text, /^Kernel crash: /);
  const { user, system } = process.cpuUsage(start);
  assert.ok(user + system < LIMIT_CPU_MS * 1000, `${user + system} us`);
});
