import type { ByteSource } from '../../src/base/byte-source.ts';

/** Bytes that stand in place of others. */
export interface Patch {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** A source with some bytes replaced; nothing is copied. Where patches overlap the last one counts. */
export function patchedSource(source: ByteSource, patches: readonly Patch[]): ByteSource {
  const order = patches.map((_, i) => i).sort((a, b) => at(a) - at(b) || a - b);
  const longest = Math.max(0, ...patches.map((p) => p.bytes.length));
  function at(i: number): number {
    return (patches[i] as Patch).at;
  }
  /** How many of them begin before an offset. */
  const before = (offset: number): number => {
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (at(order[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    name: source.name,
    size: source.size,
    read(offset, into) {
      const done = source.read(offset, into);
      const met = order.slice(before(offset - longest + 1), before(offset + done));
      for (const i of met.sort((a, b) => a - b)) {
        const { at, bytes } = patches[i] as Patch;
        const from = Math.max(at, offset);
        const to = Math.min(at + bytes.length, offset + done);
        if (from < to) into.set(bytes.subarray(from - at, to - at), from - offset);
      }
      return done;
    },
  };
}

/** A section of a little-endian 64-bit ELF file. */
export interface SectionPlace {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** Where its header is. */
  readonly header: number;
}

/** The sections of a little-endian 64-bit ELF file. */
export function sectionPlaces(source: ByteSource): SectionPlace[] {
  const bytes = (at: number, size: number): DataView => {
    const into = new Uint8Array(size);
    source.read(at, into);
    return new DataView(into.buffer);
  };
  const head = bytes(0, 64);
  const table = Number(head.getBigUint64(40, true));
  const count = head.getUint16(60, true);
  const headers = bytes(table, count * 64);
  const field = (i: number, at: number): number => Number(headers.getBigUint64(i * 64 + at, true));
  const names = head.getUint16(62, true);
  const text = bytes(field(names, 24), field(names, 32));
  return Array.from({ length: count }, (_, i) => {
    let name = '';
    for (let at = headers.getUint32(i * 64, true); text.getUint8(at) !== 0; at++)
      name += String.fromCharCode(text.getUint8(at));
    return { name, offset: field(i, 24), size: field(i, 32), header: table + i * 64 };
  });
}

/** The section cut to `size` bytes. */
export function cut(section: SectionPlace, size: number): Patch {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(size), true);
  return { at: section.header + 32, bytes };
}

/** Bytes of a section turned into others. @param random `random(n)` is below `n` */
export function scratch(section: SectionPlace, count: number, random: (n: number) => number): Patch[] {
  return Array.from({ length: count }, () => ({
    at: section.offset + random(section.size),
    bytes: Uint8Array.of(random(4) === 0 ? 0xff : random(256)),
  }));
}
