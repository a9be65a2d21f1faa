import type { ByteSource } from '../base/byte-source.ts';
import { cString } from '../base/text.ts';
import type { Bytes } from '../base/units.ts';

/** One ELF note. */
export interface ElfNote {
  /** Without its terminating NUL. */
  readonly name: string;
  readonly type: number;
  /** Empty when `size` is more than what a caller accepts or the file ends before its end. */
  readonly desc: Uint8Array;
  /** `n_descsz`. */
  readonly size: Bytes;
  /** Of the descriptor, in the file. */
  readonly offset?: Bytes;
}

/** What a note region held. */
export interface NoteRegion {
  readonly notes: readonly ElfNote[];
  /** What was wrong, when the region could not be read to its end. */
  readonly problem?: string;
}

const WINDOW = 0x10000;
/** Notes beyond this number are not looked at: a machine has a handful a CPU. */
export const MAX_NOTES = 0x20000;
const MAX_NAME = 256;
/** Bytes of all descriptors of a region that are kept. */
const MAX_KEPT = 0x4000000;

/**
 * Notes of a file region, in order. All-zero note headers, as kexec leaves them after a CPU's notes, are padding.
 * Source: gABI "Note Section"; names and descriptors of core files are padded to 4 bytes in both classes, to 8 only
 * where `p_align` is 8.
 * @param maxDesc descriptors longer than this are skipped
 */
export function readNotes(
  src: ByteSource,
  offset: Bytes,
  size: Bytes,
  littleEndian: boolean,
  align: 4 | 8 = 4,
  maxDesc: Bytes = 0x100000,
): NoteRegion {
  const end = Math.min(offset + size, src.size);
  const window = new Window(src, end);
  const notes: ElfNote[] = [];
  let kept = 0;
  const cut = offset + size > src.size ? 'the file ends inside the notes' : undefined;
  for (let at = offset; at + 12 <= end; ) {
    if (notes.length >= MAX_NOTES) return { notes, problem: `more than ${MAX_NOTES} notes` };
    const view = window.view(at, 12);
    const nameSize = view.getUint32(0, littleEndian);
    const descSize = view.getUint32(4, littleEndian);
    const type = view.getUint32(8, littleEndian);
    if (nameSize === 0 && descSize === 0 && type === 0) {
      at = window.skipZeros(at + 12);
      continue;
    }
    const nameAt = at + 12;
    const descAt = padded(nameAt - offset, nameSize, align) + offset;
    const next = padded(descAt - offset, descSize, align) + offset;
    if (nameSize > MAX_NAME || descAt > end) {
      return { notes, problem: `note at offset 0x${at.toString(16)}: name of ${nameSize} bytes is too long` };
    }
    const name = cString(window.bytes(nameAt, nameSize));
    const whole = descAt + descSize <= end;
    const keep = whole && descSize <= maxDesc && kept + descSize <= MAX_KEPT;
    if (keep) kept += descSize;
    const desc = keep ? window.bytes(descAt, descSize).slice() : new Uint8Array(0);
    notes.push({ name, type, desc, size: descSize, offset: descAt });
    if (!whole) {
      const past = `note at offset 0x${at.toString(16)}: ${descSize} bytes reach beyond the end of the notes`;
      return { notes, problem: cut ?? past };
    }
    at = next;
  }
  return cut ? { notes, problem: cut } : { notes };
}

function padded(at: Bytes, size: Bytes, align: number): Bytes {
  return Math.ceil((at + size) / align) * align;
}

/** A moving view of a file region, so that thousands of small notes cost few reads. */
class Window {
  readonly #src: ByteSource;
  readonly #end: Bytes;
  #start: Bytes = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(src: ByteSource, end: Bytes) {
    this.#src = src;
    this.#end = end;
  }

  /** At most `size` bytes at `at`; the caller has checked `size` against the region's end. */
  bytes(at: Bytes, size: Bytes): Uint8Array {
    if (at < this.#start || at + size > this.#start + this.#bytes.length) {
      const want = Math.max(0, Math.min(Math.max(size, WINDOW), this.#end - at));
      const fresh = new Uint8Array(want);
      this.#bytes = fresh.subarray(0, this.#src.read(at, fresh));
      this.#start = at;
    }
    return this.#bytes.subarray(at - this.#start, at - this.#start + size);
  }

  view(at: Bytes, size: Bytes): DataView {
    const part = this.bytes(at, size);
    if (part.length === size) return new DataView(part.buffer, part.byteOffset, size);
    const whole = new Uint8Array(size);
    whole.set(part);
    return new DataView(whole.buffer);
  }

  /** First multiple of 4 bytes after `at`, counted from it, that is not zero. */
  skipZeros(at: Bytes): Bytes {
    let i = at;
    while (i < this.#end) {
      const part = this.bytes(i, Math.min(WINDOW, this.#end - i));
      if (part.length === 0) return this.#end;
      let k = 0;
      while (k < part.length && part[k] === 0) k++;
      if (k < part.length) return i + k - (k % 4);
      i += part.length - (part.length % 4 || 0);
      if (part.length < 4) return this.#end;
    }
    return this.#end;
  }
}
