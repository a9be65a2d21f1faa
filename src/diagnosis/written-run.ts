import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { Evidence } from '../report/finding.ts';
import { wordEvidence } from './evidence.ts';
import { examineObject } from './examine-objects.ts';
import type { ExaminedObject } from './examined-object.ts';
import { objectName } from './object-words.ts';

/** Something that was written over several objects at once, by the writes of one that lies in front. */
export interface WrittenRun {
  readonly start: Addr;
  /** Where it begins. */
  readonly from: ExaminedObject;
  readonly words: Phrase;
  readonly evidence: readonly Evidence[];
}

/** How far in front a run is looked for. */
const FAR = 0x4000;
/** Letters of a text that differ. */
const LETTERS = 4;
/** Words of a series before chance is out of question. */
const SERIES = 4;
const LARGEST_STEP = 0x10000n;

/**
 * A string, or a series of numbers, that goes through the word at `at` and begins in another object of the same slab cache, in front
 * of `object`: what wrote it went beyond the end of that one.
 */
export function writtenRun(prog: Program, object: ExaminedObject, at: Addr): WrittenRun | undefined {
  if (!object.slab) return undefined;
  const text = textStart(prog, at);
  const start = text ?? seriesStart(prog, at);
  if (start === undefined || start >= object.address) return undefined;
  const from = attempt(() => examineObject(prog, start, []));
  if (!from?.slab || from.slab.cache.address !== object.slab.cache.address) return undefined;
  const offset = hex(start - from.address);
  const name = objectName(from);
  const [en, zh] = text === undefined ? ['a series of numbers', '一串数字'] : ['a string', '一个字符串'];
  const what = { en: `${en} begins there and runs through it`, zh: `${zh}从这里开始，一直写到该处` };
  const first = wordEvidence(prog, what, start & ~7n);
  return {
    start,
    from,
    words: {
      en: `${en} that begins at offset ${offset} of ${name.en}, in front of it, runs through it: it was written beyond the end of that object`,
      zh: `${zh}从前面的${name.zh} 的偏移 ${offset} 处开始，一直写到这里：写入越过了那个对象的末尾`,
    },
    evidence: first ? [first] : [],
  };
}

/** Where the string begins that goes through a word; undefined when that is none. */
function textStart(prog: Program, at: Addr): Addr | undefined {
  const bytes = before(prog, at + 8n);
  if (!bytes || bytes.length < 16) return undefined;
  let from = bytes.length;
  while (from > 0 && isText(bytes[from - 1] as number)) from--;
  // the string may end in the word itself
  if (from > bytes.length - 8) {
    let end = bytes.length;
    while (end > bytes.length - 8 && bytes[end - 1] === 0) end--;
    from = end;
    while (from > 0 && isText(bytes[from - 1] as number)) from--;
    if (end === bytes.length - 8) return undefined;
  }
  // one letter over and over is a fill, which others may have done to each object
  if (from > bytes.length - 8 || new Set(bytes.subarray(Math.max(from, bytes.length - 32))).size < LETTERS)
    return undefined;
  return at + 8n - BigInt(bytes.length - from);
}

function isText(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x09;
}

/** Where a series of numbers with one distance begins that goes through a word; none where the distance is zero. */
function seriesStart(prog: Program, at: Addr): Addr | undefined {
  const bytes = before(prog, at + 8n);
  if (!bytes) return undefined;
  const view = new DataView(bytes.buffer);
  const word = (i: number): bigint => view.getBigUint64(bytes.length - 8 * (i + 1), prog.memory.littleEndian);
  const count = Math.floor(bytes.length / 8);
  if (count < SERIES) return undefined;
  const step = word(0) - word(1);
  if (step === 0n || step > LARGEST_STEP || step < -LARGEST_STEP) return undefined;
  let length = 1;
  while (length < count && word(length - 1) - word(length) === step) length++;
  return length < SERIES ? undefined : at - BigInt(8 * (length - 1));
}

/** The memory in front of an address that can be read in one go: of its page, or of some pages. */
function before(prog: Program, end: Addr): Uint8Array | undefined {
  for (const length of [FAR, Number((end - 1n) & 0xfffn) + 1]) {
    const bytes = new Uint8Array(length);
    if (prog.memory.tryRead(end - BigInt(length), bytes) === undefined) return bytes;
  }
  return undefined;
}
