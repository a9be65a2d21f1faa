import { BadDataError } from '../../base/errors.ts';
import type { Bytes } from '../../base/units.ts';
import { type Breakable, unbroken } from '../breakable.ts';
import type { FileSource } from '../file-source.ts';
import { SpillFile } from './spill.ts';

/** A part of a packed file that can be unpacked by itself. */
export interface PackedBlock {
  /** Where its content lies in the unpacked file. */
  readonly start: Bytes;
  readonly size: Bytes;
}

/** What the caller of those who unpack blocks wants. */
export interface BlockOptions {
  /** Called with the bytes that were unpacked. */
  readonly onUnpack?: (bytes: Bytes) => void;
  readonly breakable?: Breakable;
}

/**
 * A packed file whose blocks are unpacked when they are first asked for, and then kept in a temporary file.
 * @param unpack the content of block `i`; blocks before it have been unpacked when `inOrder`
 */
export function blockSource<B extends PackedBlock>(
  name: string,
  blocks: readonly B[],
  unpack: (block: B, before: (size: Bytes) => Uint8Array) => Uint8Array,
  options: BlockOptions & { readonly inOrder?: boolean } = {},
): FileSource {
  const { breakable = unbroken } = options;
  const spill = new SpillFile(name);
  const done = new Uint8Array(blocks.length);
  const last = blocks.at(-1);
  const size = last ? last.start + last.size : 0;
  /** Of blocks that cannot be unpacked: trying again would take as long, at every read. */
  const failed = new Map<number, BadDataError>();
  let next = 0;

  const attempt = (i: number): void => {
    const known = failed.get(i);
    if (known) throw known;
    try {
      make(i);
    } catch (e) {
      if (e instanceof BadDataError) failed.set(i, e);
      throw e;
    }
  };
  const make = (i: number): void => {
    const block = blocks[i] as B;
    const before = (bytes: Bytes): Uint8Array => {
      const history = new Uint8Array(Math.min(bytes, block.start));
      return history.subarray(0, spill.read(block.start - history.length, history));
    };
    const content = unpack(block, before);
    if (content.length !== block.size) {
      throw new BadDataError(name, block.start, `block ${i}: ${content.length} bytes, not ${block.size}`);
    }
    spill.write(content, block.start);
    done[i] = 1;
    options.onUnpack?.(content.length);
  };
  const ensure = (i: number): void => {
    if (options.inOrder) for (; next < i; next++) attempt(next);
    attempt(i);
    if (options.inOrder) next = i + 1;
  };

  return {
    name,
    size,
    read(offset, into) {
      const length = Math.max(0, Math.min(into.length, size - offset));
      if (length === 0) return 0;
      for (let i = blockAt(blocks, offset); i < blocks.length; i++) {
        if ((blocks[i] as B).start >= offset + length) break;
        if (!done[i]) breakable(() => ensure(i));
      }
      return spill.read(offset, into.subarray(0, length));
    },
    close: () => spill.close(),
  };
}

/** The last block that begins at or before `offset`. */
function blockAt(blocks: readonly PackedBlock[], offset: Bytes): number {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((blocks[middle] as PackedBlock).start <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
