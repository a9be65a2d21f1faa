import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { kernelBtf } from '../src/debug/btf-kernel.ts';
import { openProgram } from '../src/open.ts';
import type { DumpImage } from '../src/program/ports.ts';
import type { Program } from '../src/program/program.ts';
import { renderText } from '../src/report/render-text.ts';
import { FullSession } from '../src/session/full-session.ts';
import { seededRandom } from './build/byte-writer.ts';
import { memoryWithout } from './build/patched-memory.ts';
import { openSample, SAMPLES } from './build/sample-dump.ts';

/** Pages of the kernel's own tables that are missing cost what is on them, and nothing else. */
const PAGE = 4096;
const LINES = ['ps', 'log', 'bt', 'mod'];

function without(image: DumpImage, lost: ReadonlySet<number>): Program {
  return openProgram({ ...image, memory: memoryWithout(image.memory, lost) });
}

/** Page frame of a virtual address. */
function frameOf(prog: Program, at: bigint): number {
  const where = prog.memory.translate(at & ~0xfffn);
  assert.ok(typeof where === 'object', `0x${at.toString(16)} is mapped`);
  return Math.floor(where.phys / PAGE);
}

const answers = (prog: Program): string[] => {
  const session = new FullSession(prog, { dumpNames: ['dump'] });
  return LINES.map((line) => [...renderText(session.run(line)?.blocks ?? [])].join(''));
};

const kernelSymbols = (prog: Program): Map<string, bigint> =>
  new Map([...prog.symbols()].map((s) => [`${s.name} ${s.address}`, s.address]));

for (const name of SAMPLES) {
  const sample = openSample(name);
  after(() => sample.close());
  const { image } = sample;
  const prog = openProgram(image);
  const info = prog.vmcoreinfo;
  const at = (table: string): bigint => info.symbol(`kallsyms_${table}`) ?? 0n;

  const holes: readonly (readonly [string, readonly bigint[], number])[] = [
    ['a page of names', [at('names') + 0x20000n], 0.98],
    ['pages all over the names', [1, 5, 9, 14, 20, 31, 44].map((n) => at('names') + BigInt(n * 0x4000)), 0.9],
    ['a page of offsets', [at('offsets') + 0x8000n], 0.97],
    ['the number of symbols, the base and the first names', [at('num_syms')], 0.97],
  ];
  for (const [what, addresses, share] of holes) {
    test(`${name}: kallsyms without ${what}`, () => {
      const lost = new Set(addresses.map((a) => frameOf(prog, a)));
      const damaged = without(image, lost);
      const whole = kernelSymbols(prog);
      const kept = kernelSymbols(damaged);
      assert.deepEqual(
        [...kept.keys()].filter((s) => !whole.has(s)),
        [],
        'nothing is made up',
      );
      assert.ok(kept.size > whole.size * share, `${kept.size} of ${whole.size}`);
      const again = without(image, lost);
      let found = 0;
      const asked = [...whole].filter((_, i) => i % 97 === 0);
      for (const [symbol, address] of asked) {
        const right = prog.symbolAt(address)?.name;
        const now = again.symbolAt(address)?.name;
        assert.ok(now === undefined || now === right, `${symbol}: ${now}, not ${right}`);
        if (now !== undefined) found++;
      }
      assert.ok(found > asked.length * share, `${found} of ${asked.length} by address`);
    });
  }

  test(`${name}: BTF without some of its pages`, () => {
    const whole = kernelBtf(prog);
    const start = prog.findSymbol('__start_BTF')?.address;
    if (start === undefined) return; // found by its header, which tells no address
    const random = seededRandom(11);
    const pages = (whole.section.words.length * 4) / PAGE;
    const first = frameOf(prog, start);
    for (const count of [0, 1, 5, 20]) {
      const lost = new Set(count === 0 ? [first] : []);
      while (lost.size < count) lost.add(frameOf(prog, start + BigInt((1 + random(pages - 1)) * PAGE)));
      const types = kernelBtf(without(image, lost));
      assert.equal(types.section.endId, whole.section.endId, `${lost.size} pages: every number is known`);
      const names = [
        'task_struct',
        'mm_struct',
        'file',
        'inode',
        'page',
        'module',
        'rq',
        'cred',
        'dentry',
        'super_block',
      ];
      const known = names.filter((n) => types.find(n)?.size === whole.find(n)?.size);
      assert.ok(known.length >= names.length - 1 - count / 4, `${known}`);
      let same = 0;
      for (let id = 1; id < whole.section.endId; id += 7) {
        const [a, b] = [whole.type(id), types.type(id)];
        if (b.kind === a.kind && b.name === a.name && b.size === a.size) same++;
      }
      assert.ok(same > (whole.section.endId / 7) * (0.97 - count * 0.005), `${same}`);
    }
  });

  test(`${name}: answers without a page of each table`, () => {
    const start = prog.findSymbol('__start_BTF')?.address;
    const addresses = [at('names') + 0x30000n, at('offsets') + 0x5000n, ...(start ? [start + 0x91000n] : [])];
    const damaged = without(image, new Set(addresses.map((a) => frameOf(prog, a))));
    const [ps, log, bt] = answers(damaged);
    const [wholePs, wholeLog, wholeBt] = answers(prog);
    assert.equal(log, wholeLog);
    assert.equal(ps, wholePs);
    assert.equal(bt?.split('\n').length, wholeBt?.split('\n').length);
  });
}
