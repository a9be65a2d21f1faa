import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, type TestContext, test } from 'node:test';
import { AnalysisError } from '../src/base/errors.ts';
import { openProgram } from '../src/open.ts';
import type { DumpImage } from '../src/program/ports.ts';
import type { Program } from '../src/program/program.ts';
import { FullSession } from '../src/session/full-session.ts';
import { seededRandom } from './build/byte-writer.ts';
import { patchedMemory, watchedMemory } from './build/patched-memory.ts';
import { imageOf, openSample, reportOf, SAMPLES, samplePath } from './build/sample-dump.ts';

/**
 * Damaged dumps give answers or errors that say why, in bounded time. INQUEST_FUZZ sets the number of damaged memories
 * for a longer search.
 */
const PAGE = 4096;
/** Of CPU time: the wall clock of a busy machine says nothing. */
const LIMIT_MS = 10_000;
const ROUNDS = Number(process.env.INQUEST_FUZZ ?? 24);
const FIRST = Number(process.env.INQUEST_FUZZ_FROM ?? 1);
const LINES = ['sys', 'ps', 'log', 'mod', 'mount', 'bt -a', 'bt 1', 'ps -t 1', 'sym panic'];

/** Runs everything; how many of the questions had an answer. */
function askAll(image: () => DumpImage): number {
  let answered = 0;
  const ask = (question: () => void): void => {
    try {
      question();
      answered++;
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
    }
  };
  ask(() => {
    const prog: Program = openProgram(image());
    const session = new FullSession(prog, { dumpNames: ['dump'] });
    for (const line of LINES) ask(() => JSON.stringify(session.run(line)?.data));
    ask(() => assert.match(reportOf(prog).text, /^Kernel crash: /));
  });
  return answered;
}

/** Keeps the longest run, and refuses one that takes too long. */
class Clock {
  #longest = 0;
  #what = '';

  time<T>(what: string, run: () => T): T {
    const start = process.cpuUsage();
    try {
      return run();
    } catch (e) {
      throw new Error(`${what}: ${e instanceof Error ? e.stack : e}`, { cause: e });
    } finally {
      const { user, system } = process.cpuUsage(start);
      const took = (user + system) / 1000;
      assert.ok(took < LIMIT_MS, `${what} took ${took.toFixed(0)} ms`);
      if (took > this.#longest) {
        this.#longest = took;
        this.#what = what;
      }
    }
  }

  tell(t: TestContext): void {
    t.diagnostic(`longest: ${this.#longest.toFixed(0)} ms, ${this.#what}`);
  }
}

/** Page frames that answers read, by what they were read for: each page counts for the first. */
function pagesByUse(image: DumpImage): Map<string, number[]> {
  const uses = new Map<string, number[]>();
  const seen = new Set<number>();
  let use: number[] = [];
  const stage = (name: string): void => {
    use = [];
    uses.set(name, use);
  };
  stage('page tables');
  const memory = watchedMemory(image.memory, (pfn) => {
    if (!seen.has(pfn)) use.push(pfn);
    seen.add(pfn);
  });
  const prog = openProgram({ ...image, memory });
  const session = new FullSession(prog);
  stage('symbols');
  for (const name of ['panic', 'init_task', 'do_exit']) prog.symbolAt(prog.findSymbol(name)?.address ?? 0n);
  stage('types');
  prog.findType('task_struct');
  prog.findType('module');
  for (const line of ['log', 'ps', 'mod', 'mount', 'bt -a', 'sys']) {
    stage(line);
    session.run(line);
  }
  stage('report');
  reportOf(prog);
  for (const [name, pfns] of uses) if (pfns.length === 0) uses.delete(name);
  return uses;
}

type Random = (n: number) => number;

/** Damages a few words of a page: bits, rubbish, and other words of it, which make circles of pointers. */
function damagePage(page: Uint8Array, random: Random): void {
  const view = new DataView(page.buffer, page.byteOffset);
  const kind = random(12);
  if (kind === 0) page.fill(0);
  else if (kind === 1) page.fill(0xff);
  else if (kind === 2) for (let i = 0; i < PAGE; i++) page[i] = random(256);
  else {
    for (let n = 1 + random(24); n > 0; n--) {
      const at = random(PAGE / 8) * 8;
      const word = view.getBigUint64(at, true);
      const values = [
        word ^ (1n << BigInt(random(64))),
        view.getBigUint64(random(PAGE / 8) * 8, true),
        word + BigInt(random(4096)) - 2048n,
        BigInt(random(65536)),
        (1n << 64n) - 1n,
        0n,
      ];
      view.setBigUint64(at, BigInt.asUintN(64, values[random(values.length)] as bigint), true);
    }
  }
}

for (const name of SAMPLES) {
  const file = readFileSync(samplePath(name));

  test(`${name}: cut anywhere`, (t) => {
    const clock = new Clock();
    const cuts = [
      0,
      7,
      100,
      470,
      4200,
      6000,
      20_000,
      ...[0.03, 0.2, 0.4, 0.6, 0.8, 0.95, 0.999].map((s) => s * file.length),
    ];
    let answered = 0;
    for (const cut of cuts) {
      const size = Math.floor(cut);
      answered += clock.time(`cut at ${size}`, () => askAll(() => imageOf(file.subarray(0, size))));
    }
    assert.ok(answered > 30, `${answered} answers from what was left`);
    clock.tell(t);
  });

  test(`${name}: damaged bytes in the file`, (t) => {
    const clock = new Clock();
    const random = seededRandom(3);
    // Headers, VMCOREINFO, bitmaps, page descriptors, page data.
    const places = [464, 4200, 8192, 28_000, 400_000, file.length];
    let answered = 0;
    for (let round = 0; round < ROUNDS / 2; round++) {
      const copy = new Uint8Array(file);
      const place = places[round % places.length] as number;
      const from = place === file.length ? 400_000 : 0;
      const count = place === file.length ? 400 : 1 + random(12);
      for (let i = 0; i < count; i++) copy[from + random(place - from)] = random(3) === 0 ? 0xff : random(256);
      answered += clock.time(`round ${round} below ${place}`, () => askAll(() => imageOf(copy)));
    }
    assert.ok(answered > ROUNDS, `${answered} answers in spite of the damage`);
    clock.tell(t);
  });

  test(`${name}: damaged memory`, (t) => {
    const sample = openSample(name);
    after(() => sample.close());
    const { image } = sample;
    const uses = [...pagesByUse(image)];
    assert.ok(uses.length > 6, uses.map(([use, pfns]) => `${use} ${pfns.length}`).join());
    const clock = new Clock();
    let answered = 0;
    for (let seed = FIRST; seed < FIRST + ROUNDS; seed++) {
      const random = seededRandom(seed);
      const [use, pfns] = uses[seed % uses.length] as [string, number[]];
      const pages = new Map<number, Uint8Array>();
      for (let n = 1 + random(4); n > 0; n--) {
        const pfn = pfns[random(pfns.length)] as number;
        const chunk = image.memory.chunk(pfn * PAGE);
        if (typeof chunk !== 'object') continue;
        const page = chunk.bytes.slice(0, PAGE);
        damagePage(page, random);
        pages.set(pfn, page);
      }
      const damaged: DumpImage = { ...image, memory: patchedMemory(image.memory, pages) };
      answered += clock.time(`seed ${seed}, ${use}, pages ${[...pages.keys()]}`, () => askAll(() => damaged));
    }
    assert.ok(answered > ROUNDS * 5, `${answered} answers in spite of the damage`);
    clock.tell(t);
  });
}
