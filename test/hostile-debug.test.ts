import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { x86_64 } from '../src/arch/x86-64.ts';
import { bytesSource } from '../src/base/byte-source.ts';
import { type DebugFile, openDebugFile } from '../src/debug/dwarf/debug-file.ts';
import { nodeCodecs } from '../src/node/codecs.ts';
import { seededRandom } from './build/byte-writer.ts';
import { DwarfBytes } from './build/cfi-writer.ts';
import { askDebugFile, type DebugAnswers, noAnswers } from './build/debug-questions.ts';
import { CODE, writeDwarf } from './build/dwarf-writer.ts';
import { type WrittenSection, writeElfSections } from './build/elf-sections-writer.ts';
import { writeNamed, writeSplit } from './build/named-dwarf-writer.ts';
import { writeVariables } from './build/variables-writer.ts';

/** Time of one question, however damaged the file is; and of memory in between, in bytes. */
const LIMIT_MS = 5_000;
const LIMIT_BYTES = 512 * 2 ** 20;
const codecs = nodeCodecs();

/** A file, and the one that its units were split into. */
interface Written {
  readonly whole: readonly WrittenSection[];
  readonly split?: readonly WrittenSection[];
}

const FILES: Readonly<Record<string, Written>> = {
  'DWARF 4': { whole: writeDwarf(4) },
  'DWARF 5': { whole: writeDwarf(5) },
  variables: { whole: writeVariables() },
  names: { whole: writeNamed() },
  split: writeSplit(),
};

function open({ whole, split }: Written): DebugFile {
  return openDebugFile(bytesSource('vmlinux', writeElfSections(whole)), codecs, [], {
    open: (path) => (split && path.endsWith('.dwo') ? bytesSource(path, writeElfSections(split, 1)) : undefined),
  });
}

function ask(file: Written, into: DebugAnswers): void {
  const questions = {
    addresses: [0x10n, 0x128n, 0x210n].map((at) => CODE + at),
    types: ['struct item', 'struct point', 'enum color', 'struct far', 'int'],
    variables: ['items', 'origin'],
    macros: ['LIMIT', 'FAR', 'NOWHERE'],
  };
  askDebugFile(() => open(file), x86_64, questions, into);
}

/** What the process takes already: other tests run in it too. */
let before = 0;
beforeEach(() => {
  before = process.memoryUsage().rss;
});

function check(answers: DebugAnswers): void {
  assert.deepEqual([...new Set(answers.wrong)], []);
  assert.ok(answers.slowest < LIMIT_MS, `${answers.what} took ${answers.slowest} ms`);
  const more = process.memoryUsage().rss - before;
  assert.ok(more < LIMIT_BYTES, `${more} bytes of memory`);
}

/** A file with one section changed. */
function changed(file: Written, name: string, change: (bytes: Uint8Array) => Uint8Array): Written {
  const each = (s: WrittenSection): WrittenSection => (s.name === name ? { ...s, bytes: change(s.bytes.slice()) } : s);
  return { whole: file.whole.map(each), ...(file.split && { split: file.split.map(each) }) };
}

const sectionsOf = ({ whole, split = [] }: Written): string[] =>
  [...whole, ...split].map((s) => s.name).filter((name) => name !== '.text');

for (const [name, file] of Object.entries(FILES)) {
  test(`${name}: whole, it answers`, () => {
    const answers = noAnswers();
    ask(file, answers);
    check(answers);
    assert.ok(answers.answers > 2, `${answers.answers} answers`);
  });

  test(`${name}: every section cut at every fiftieth`, () => {
    const answers = noAnswers();
    const whole = noAnswers();
    ask(file, whole);
    let cuts = 0;
    for (const section of sectionsOf(file)) {
      for (let i = 0; i < 50; i++) {
        ask(
          changed(file, section, (bytes) => bytes.slice(0, Math.floor((bytes.length * i) / 50))),
          answers,
        );
        cuts++;
      }
    }
    check(answers);
    assert.ok(answers.answers > 0 && answers.answers <= whole.answers * cuts, 'less, but never more');
  });

  test(`${name}: bits turned at random`, () => {
    const random = seededRandom(name.length);
    const answers = noAnswers();
    const sections = sectionsOf(file);
    for (let n = 0; n < 100; n++) {
      ask(
        changed(file, sections[n % sections.length] as string, (bytes) => {
          for (let i = 0; i <= n % 4; i++) {
            const at = random(bytes.length);
            bytes[at] = n % 3 === 0 ? random(256) : (bytes[at] as number) ^ (1 << random(8));
          }
          return bytes;
        }),
        answers,
      );
    }
    check(answers);
    assert.ok(answers.answers > 0);
  });

  test(`${name}: numbers without an end, and as large as can be`, () => {
    const answers = noAnswers();
    for (const section of sectionsOf(file)) {
      for (const from of [4, 24]) {
        ask(
          changed(file, section, (bytes) => bytes.fill(0xff, from)),
          answers,
        );
        ask(
          changed(file, section, (bytes) =>
            Uint8Array.from([...bytes.subarray(0, from), ...new Uint8Array(0x8000).fill(0x80)]),
          ),
          answers,
        );
      }
    }
    check(answers);
  });
}

/** A DWARF 4 unit over the code with the given declarations and entries. */
function unit(declarations: readonly (readonly number[])[], entries: (w: DwarfBytes) => void): Written {
  const abbrevs = new DwarfBytes();
  declarations.forEach(([tag = 0, children = 0, ...pairs], i) => {
    abbrevs
      .uleb(i + 1)
      .uleb(tag)
      .u8(children);
    for (const n of pairs) abbrevs.uleb(n);
    abbrevs.u8(0, 0);
  });
  abbrevs.u8(0);
  const w = new DwarfBytes().u32(0).u16(4).u32(0).u8(8);
  entries(w);
  const info = w.done();
  new DataView(info.buffer).setUint32(0, info.length - 4, true);
  return {
    whole: [
      { name: '.text', bytes: new Uint8Array(0x1000), flags: 6, address: CODE },
      { name: '.debug_info', bytes: info },
      { name: '.debug_abbrev', bytes: abbrevs.done() },
    ],
  };
}

const UNIT = [0x11, 1, 0x11, 0x01, 0x12, 0x06];

test('types, origins and siblings that lead to themselves', () => {
  const answers = noAnswers();
  // Each entry has a name and refers to `to`: by its type, origin, specification, sibling.
  for (const attribute of [0x49, 0x31, 0x47, 0x01, 0x69]) {
    for (const tag of [0x13, 0x16, 0x01, 0x26, 0x0f, 0x34, 0x17, 0x15]) {
      for (const back of [0, 6]) {
        const file = unit(
          [UNIT, [tag, 1, 0x03, 0x08, attribute, 0x13, 0x0b, 0x0b], [0x0d, 0, 0x03, 0x08, 0x49, 0x13]],
          (w) => {
            w.uleb(1).u64(CODE).u32(0x1000);
            const at = w.bytes.length;
            w.uleb(2).text('item').u32(at).u8(8);
            w.uleb(3).text('m').u32(at).u8(0);
            w.uleb(2)
              .text('items')
              .u32(at + back)
              .u8(8)
              .u8(0)
              .u8(0);
          },
        );
        ask(file, answers);
      }
    }
  }
  check(answers);
});

test('entries inside each other without an end', () => {
  const answers = noAnswers();
  const deep = unit([UNIT, [0x0b, 1, 0x11, 0x01, 0x12, 0x06], [0x2e, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x06]], (w) => {
    w.uleb(1).u64(CODE).u32(0x1000);
    w.uleb(3).text('f').u64(CODE).u32(0x1000);
    for (let i = 0; i < 5_000; i++) w.uleb(2).u64(CODE).u32(0x1000);
  });
  ask(deep, answers);
  check(answers);
});

test('a line program that advances for ever, and one that asks for more rows than there can be', () => {
  const answers = noAnswers();
  const file = FILES['DWARF 5'] as Written;
  for (const fill of [0x01, 0x02, 0x08, 0x09, 0xfe, 0x00]) {
    const more = (bytes: Uint8Array): Uint8Array => {
      const long = new Uint8Array(bytes.length + 0x100000).fill(fill);
      long.set(bytes);
      new DataView(long.buffer).setUint32(0, long.length - 4, true);
      return long;
    };
    ask(changed(file, '.debug_line', more), answers);
  }
  check(answers);
});

test('macros that import each other in circles, and an index that counts more than it has', () => {
  const answers = noAnswers();
  const file = FILES.names as Written;
  const circle = new DwarfBytes();
  for (let i = 0; i < 5_000; i++) {
    const next = ((i + 1) % 5_000) * 14;
    circle.u16(5).u8(0).u8(7).u32(next).u8(7).u32(0).u8(0);
  }
  ask(
    changed(file, '.debug_macro', () => circle.done()),
    answers,
  );
  for (const at of [8, 12, 16, 20, 24, 28, 32]) {
    for (const value of [0xffffffff, 0x7fffffff, 0x10000, 0]) {
      ask(
        changed(file, '.debug_names', (bytes) => {
          new DataView(bytes.buffer).setUint32(at, value, true);
          return bytes;
        }),
        answers,
      );
    }
  }
  check(answers);
});
