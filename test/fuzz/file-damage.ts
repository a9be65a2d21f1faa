import type { ByteSource } from '../../src/base/byte-source.ts';
import { BadDataError } from '../../src/base/errors.ts';
import { type Patch, patchedSource } from '../build/damaged-source.ts';
import { type Region, regions } from './regions.ts';

export type Random = (n: number) => number;

/** Words of `data` that are damaged. */
const WORDS = [4, 40, 400, 2000] as const;

/** Bytes of one region turned into others: single bits, whole fields, numbers that are too large. */
function patchesOf(source: ByteSource, kind: string, random: Random): Patch[] {
  const own =
    kind === 'data' ? [] : regions(source).filter((r) => r.kind === kind && r.size > 0 && r.from < source.size);
  const whole: Region = { kind, from: 0, size: source.size };
  const region = own.length === 0 ? whole : (own[random(own.length)] as Region);
  const count = kind === 'data' ? (WORDS[random(WORDS.length)] as number) : 1 + random(8);
  return Array.from({ length: count }, () => {
    const width = [1, 2, 4, 8][random(4)] as number;
    const at = region.from + Math.floor(random(Math.max(1, region.size)) / width) * width;
    return { at, bytes: wordOf(source, at, width, random) };
  });
}

function wordOf(source: ByteSource, at: number, width: number, random: Random): Uint8Array {
  const bytes = new Uint8Array(width);
  source.read(at, bytes);
  const kind = random(6);
  if (kind === 0) bytes.fill(0);
  else if (kind === 1) bytes.fill(0xff);
  else if (kind === 2) for (let i = 0; i < width; i++) bytes[i] = random(256);
  else if (kind === 3) bytes[width - 1] = 0x7f;
  else {
    const i = random(width);
    bytes[i] = (bytes[i] as number) ^ (1 << random(8));
  }
  return bytes;
}

/** A source that ends early. */
export function cutSource(source: ByteSource, size: number): ByteSource {
  return {
    name: source.name,
    size,
    read: (offset, into) => source.read(offset, into.subarray(0, Math.max(0, Math.min(into.length, size - offset)))),
  };
}

/** A source in which some reads fail, or give less than was asked for. @param nth the first of them */
function failingSource(source: ByteSource, nth: number, every: number, short: boolean, random: Random): ByteSource {
  let reads = 0;
  return {
    name: source.name,
    size: source.size,
    read(offset, into) {
      const n = reads++;
      if (n < nth || (n - nth) % every !== 0) return source.read(offset, into);
      if (!short) throw new BadDataError(source.name, offset, 'cannot be read: input/output error');
      return source.read(offset, into.subarray(0, random(into.length + 1)));
    },
  };
}

/** What was done: where, for who looks at the case, and how much, for a table. */
export interface Damage {
  readonly what: string;
  readonly amount: string;
}

const ZEROED = [0.001, 0.01, 0.1, 0.3, 0.6] as const;

/** Damages one of the files of a dump; returns them, and says what was done. */
export function damageFiles(
  files: readonly ByteSource[],
  kind: string,
  random: Random,
): Damage & { readonly files: ByteSource[] } {
  const index = random(files.length);
  const source = files[index] as ByteSource;
  const { damaged, what, amount } = damageFile(source, kind, random);
  const out = [...files];
  out[index] = damaged;
  return { files: out, what: files.length > 1 ? `file ${index}: ${what}` : what, amount };
}

function damageFile(source: ByteSource, kind: string, random: Random): Damage & { readonly damaged: ByteSource } {
  if (kind === 'read-error' || kind === 'short-read') {
    const nth = random(2) === 0 ? random(12) : random(3000);
    const every = [1, 2, 7, 100, 1e9][random(5)] as number;
    const damaged = failingSource(source, nth, every, kind === 'short-read', random);
    const amount = every === 1 ? 'every read' : every === 1e9 ? 'one read' : `1 of ${every} reads`;
    return { damaged, what: `read ${nth}, every ${every}`, amount };
  }
  if (kind === 'zeroed') {
    const share = ZEROED[random(ZEROED.length)] as number;
    const size = Math.floor(source.size * share);
    const from = random(source.size - size);
    return {
      damaged: zeroedSource(source, from, size),
      what: `${size} bytes from ${from}`,
      amount: `${share * 100} %`,
    };
  }
  const patches = patchesOf(source, kind, random);
  const what =
    patches.length > 12
      ? `${patches.length} patches`
      : patches.map((p) => `${p.at}:${Buffer.from(p.bytes).toString('hex')}`).join(' ');
  const few = patches.length > 4 ? '5 to 8 fields' : '1 to 4 fields';
  return { damaged: patchedSource(source, patches), what, amount: kind === 'data' ? `${patches.length} words` : few };
}

function zeroedSource(source: ByteSource, from: number, size: number): ByteSource {
  return {
    name: source.name,
    size: source.size,
    read(offset, into) {
      const done = source.read(offset, into);
      const first = Math.max(from, offset);
      const last = Math.min(from + size, offset + done);
      if (first < last) into.fill(0, first - offset, last - offset);
      return done;
    },
  };
}
