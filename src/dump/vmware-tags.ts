import type { ByteSource } from '../base/byte-source.ts';
import { type Cursor, readCursor } from '../base/cursor.ts';
import { BadDataError } from '../base/errors.ts';
import { joinExact } from '../base/u64.ts';
import type { Bytes } from '../base/units.ts';

/** One value of a state file. */
export interface VmwareTag {
  readonly name: string;
  readonly indices: readonly number[];
  /** Of the data in the file. */
  readonly offset: Bytes;
  readonly size: Bytes;
  /** Where the data is a number of at most 8 bytes that a double holds. */
  readonly value?: number;
}

/** Sizes that mean: a block follows, whose size stands before it. */
const BLOCK = 62;
const MAX_TAGS = 1 << 20;
/** Name, indices and the sizes of a block. */
const HEAD = 2 + 255 + 12 + 18;

/**
 * The tags of one group, up to the empty one that ends it. Each is: flags (data size in the low 6 bits, number of indices
 * in the upper 2), length of the name, name, indices (4 bytes each), data. A block has its size in the file and in memory
 * and the length of the padding before the data.
 * @param wide sizes of blocks have 8 bytes
 */
export function readTags(
  src: ByteSource,
  from: Bytes,
  size: Bytes,
  wide: boolean,
): { tags: VmwareTag[]; problem?: string } {
  const tags: VmwareTag[] = [];
  const end = size > 0 ? Math.min(src.size, from + size) : src.size;
  try {
    for (let at = from; at < end && tags.length < MAX_TAGS; ) {
      const c = readCursor(src, at, Math.min(HEAD, end - at), 'VMware tag');
      const tag = readTag(c, at, wide);
      if (!tag) return { tags };
      tags.push(tag);
      at = tag.offset + tag.size;
    }
    return { tags, problem: `no end after ${tags.length} tags` };
  } catch (e) {
    if (!(e instanceof BadDataError)) throw e;
    return { tags, problem: e.message };
  }
}

function readTag(c: Cursor, at: Bytes, wide: boolean): VmwareTag | undefined {
  const flags = c.u8();
  const length = c.u8();
  if (flags === 0 && length === 0) return undefined;
  const name = String.fromCharCode(...c.take(length));
  const indices = Array.from({ length: flags >> 6 }, () => c.u32());
  const stated = flags & 0x3f;
  if (stated < BLOCK) {
    const offset = at + c.at;
    const value = stated > 0 && stated <= 8 ? numberOf(c.take(stated)) : undefined;
    return { name, indices, offset, size: stated, ...(value !== undefined && { value }) };
  }
  const size = wide ? c.size64('size') : c.u32();
  c.skip(wide ? 8 : 4);
  const padding = c.u16();
  return { name, indices, offset: at + c.at + padding, size };
}

function numberOf(bytes: Uint8Array): number | undefined {
  const padded = new Uint8Array(8);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  return joinExact(view.getUint32(0, true), view.getUint32(4, true));
}
