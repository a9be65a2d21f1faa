import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openProgram } from '../../src/open.ts';
import { reportOf } from '../build/sample-dump.ts';
import { runDumpCase, SoundDump } from './dump-case.ts';
import { formsOf } from './forms.ts';
import {
  CUTS,
  type FuzzCase,
  type FuzzDump,
  type FuzzDumps,
  fuzzCase,
  kernelLogs,
  kindsOf,
  sampleDumps,
} from './plan.ts';
import { openSound } from './run-case.ts';

/**
 * A bounded share of `npm run fuzz`: every kind of damage, in turn on the one and on the other sample, and some of every form.
 * INQUEST_FUZZ_KINDS=n runs n cases of each kind on everything.
 */
const EACH = process.env.INQUEST_FUZZ_KINDS;
const CASES = Number(EACH ?? 1);
const LIMIT_CPU_MS = 20_000;

const folder = mkdtempSync(join(tmpdir(), 'inquest-fuzz-'));
after(() => rmSync(folder, { recursive: true }));
const samples = sampleDumps();

test('the plan cuts each sample everywhere and damages everything on every dump', () => {
  const none = { forms: [], lab: [], debug: [], logs: [] };
  const made = (name: string, type: FuzzDump['type']): FuzzDump => ({ name, files: [], type });
  const all: FuzzDumps = {
    samples,
    forms: Array.from({ length: 27 }, (_, i) => made(`form ${i}`, i % 2 === 0 ? 'dump' : 'packed')),
    lab: Array.from({ length: 16 }, (_, i) => made(`lab ${i}`, 'dump')),
    debug: [made('debug', 'debug')],
    logs: [made('log', 'log')],
  };
  for (const dumps of [{ samples, ...none }, all]) {
    const seen = new Map<string, Set<string>>();
    for (let n = 0; n < 3000; n++) {
      const { dump, kind, cut } = fuzzCase(dumps, n);
      const kinds = seen.get(dump.name) ?? new Set();
      seen.set(dump.name, kinds.add(kind === 'cut' && samples.includes(dump) ? `cut ${cut}` : kind));
    }
    for (const dump of Object.values(dumps).flat()) {
      const cuts = samples.includes(dump) ? CUTS - 1 : 0;
      assert.equal(seen.get(dump.name)?.size, kindsOf(dump).length + cuts, dump.name);
    }
  }
});

async function runAll(dump: FuzzDump, kinds: readonly string[], least: number): Promise<string> {
  const sound = await openSound(dump);
  let opened = 0;
  let slowest = 0;
  const wrong: string[] = [];
  for (const [i, kind] of kinds.entries()) {
    for (let n = 0; n < CASES; n++) {
      const one: FuzzCase = { number: 1000 * i + n, dump, kind, ...(kind === 'cut' && { cut: 120 + n }) };
      const result = await sound.run(one);
      wrong.push(...result.errors.map((e) => `${kind} ${one.number}: ${e}`));
      if (result.cpuMs > LIMIT_CPU_MS) wrong.push(`${kind} ${one.number}: ${result.cpuMs} ms`);
      if (result.opened) opened++;
      slowest = Math.max(slowest, result.cpuMs);
    }
  }
  sound.close();
  assert.deepEqual(wrong, []);
  assert.ok(opened >= kinds.length * CASES * least, `${opened} opened`);
  return `${kinds.length * CASES} cases, slowest ${slowest.toFixed(0)} ms`;
}

for (const [index, dump] of samples.entries()) {
  const all = kindsOf(dump);
  const kinds = EACH === undefined ? all.filter((_, i) => i % 2 === index % 2) : all;
  test(`${dump.name}: no damage goes unanswered`, async (t) => t.diagnostic(await runAll(dump, kinds, 0.5)));
}

/** Forms that are quickly made, and the damage that meets them; the others are left to the long run. */
test('other forms: no damage goes unanswered', async (t) => {
  const forms = formsOf(samples.slice(0, 1), folder, EACH === undefined ? ['lime', 'avml', 'split', 'tar'] : undefined);
  for (const form of forms) {
    const kinds = EACH === undefined ? ['header', 'cut'] : kindsOf(form);
    t.diagnostic(`${form.name}: ${await runAll(form, kinds, 0)}`);
  }
});

test('logs: no damage goes unanswered', async () => {
  for (const log of kernelLogs([])) await runAll(log, kindsOf(log), 1);
});

test('an undamaged dump keeps every answer', async () => {
  const [dump] = samples as [FuzzDump];
  const sound = new SoundDump(dump);
  after(() => sound.close());
  await sound.prepare();
  const { kept, errors, opened } = await runDumpCase(sound, { number: 0, dump, kind: 'cut', cut: CUTS });
  assert.deepEqual({ kept, errors, opened }, { kept: { tasks: 1, records: 1, frames: 1 }, errors: [], opened: true });
});

test('page descriptors of sections that are not there end', async () => {
  const dump = samples.find((d) => d.name.startsWith('arm64'));
  assert.ok(dump);
  const sound = new SoundDump(dump);
  after(() => sound.close());
  await sound.prepare();
  const vmcoreinfo = sound.image.vmcoreinfo?.replace(/^LENGTH\(mem_section\).*$/m, '');
  const start = process.cpuUsage();
  const prog = openProgram({ ...sound.image, ...(vmcoreinfo !== undefined && { vmcoreinfo }) });
  assert.match(reportOf(prog).text, /^Kernel crash: /);
  const { user, system } = process.cpuUsage(start);
  assert.ok(user + system < LIMIT_CPU_MS * 1000, `${user + system} us`);
});
