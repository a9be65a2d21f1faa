import { AnalysisError, MemoryFault } from '../base/errors.ts';
import { asciiBytes, decodeAscii, indexOfBytes } from '../base/text.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import { hashNames, hashText } from './kallsyms-hash.ts';
import { skipNames } from './kallsyms-stream.ts';
import type { KallsymsTables } from './kallsyms-tables.ts';
import type { KallsymsTokens } from './kallsyms-tokens.ts';
import { LazyTable } from './lazy-table.ts';

/** Longest name, letter included, that is expanded (KSYM_NAME_LEN is 512 since Linux commit b8a94bfb3395, v6.1). */
const MAX_NAME = 1024;
/** Symbols with one name that a search looks at. */
const MAX_SAME_NAME = 4096;
/** Positions in the names that are kept. */
const MAX_OFFSETS = 4096;
const LLVM = asciiBytes('.llvm.');

/** The name column of kallsyms: compressed names in the order of the addresses. */
export class KallsymsNames {
  readonly count: number;
  readonly #memory: AddressSpace;
  readonly #tables: KallsymsTables;
  readonly #tokens: KallsymsTokens;
  readonly #names: LazyTable;
  readonly #markers: LazyTable | undefined;
  readonly #seqs: LazyTable | undefined;
  readonly #scratch = new Uint8Array(MAX_NAME);
  readonly #offsets = new Map<number, number>();
  #index: { readonly hashes: Uint32Array; readonly markers: Uint32Array } | undefined;

  /** @param names the names table, when parts of it have been read already */
  constructor(
    memory: AddressSpace,
    tables: KallsymsTables,
    tokens: KallsymsTokens,
    names = new LazyTable(memory, tables.names, tables.namesLimit),
  ) {
    this.#memory = memory;
    this.#tables = tables;
    this.#tokens = tokens;
    this.count = tables.count;
    this.#names = names;
    if (tables.markers !== undefined) {
      const size = Math.ceil(tables.count / 256) * tables.markerWidth;
      this.#markers = new LazyTable(memory, tables.markers, size);
    }
    if (tables.seqsOfNames !== undefined) this.#seqs = new LazyTable(memory, tables.seqsOfNames, tables.count * 3);
  }

  /** Letter and name of symbol `i`. */
  name(i: number): { readonly letter: string; readonly name: string } {
    const length = this.#expand(this.#offset(i));
    const bytes = this.#scratch;
    return { letter: length > 0 ? String.fromCharCode(bytes[0] as number) : '?', name: decodeAscii(bytes, 1, length) };
  }

  /** Every name that is there, with its number, in order; reads the whole table. */
  *all(): Generator<{ readonly index: number; readonly letter: string; readonly name: string }> {
    let whole = this.#names.available().empty;
    for (let i = 0, at = 0; i < this.count; i++) {
      try {
        if (!whole && (i & 0xff) === 0) at = this.#marker(i >>> 8);
        const length = this.#expand(at);
        yield {
          index: i,
          letter: length > 0 ? String.fromCharCode(this.#scratch[0] as number) : '?',
          name: decodeAscii(this.#scratch, 1, length),
        };
        at = skipNames(this.#names, at, 1);
      } catch (e) {
        if (!(e instanceof AnalysisError)) throw e;
        if (!this.#markers) return;
        whole = false;
        i |= 0xff;
      }
    }
  }

  /**
   * Number of the symbol called `name`; of several the one with the lowest address, as the kernel's own
   * `kallsyms_lookup_name` answers. A suffix `.llvm.<hash>` of link-time optimisation is looked through.
   */
  find(name: string): number | undefined {
    const wanted = asciiBytes(name);
    if (wanted.length === 0 || wanted.length >= MAX_NAME) return undefined;
    const seqs = this.#seqs;
    if (!seqs) return this.#scan(wanted);
    try {
      // Sorted by whole names; up to v6.10 with link-time optimisation by what comes before the suffix.
      return this.#search(seqs, wanted, false) ?? this.#search(seqs, wanted, true);
    } catch (e) {
      if (!(e instanceof MemoryFault)) throw e;
      const found = this.#scan(wanted);
      if (found === undefined) throw e;
      return found;
    }
  }

  /** Whether `kallsyms_seqs_of_names` is a list of symbol numbers in the order of their names, by samples. */
  seqsLookSorted(): boolean {
    const seqs = this.#seqs;
    if (!seqs) return false;
    const samples = Math.min(4, this.count - 1);
    let good = 0;
    for (let k = 0; k < samples; k++) {
      const i = Math.floor((k * (this.count - 1)) / samples);
      try {
        const a = this.#seq(seqs, i);
        const b = this.#seq(seqs, i + 1);
        if (a >= this.count || b >= this.count || a === b) return false;
        if (!this.#inOrder(a, b, false) && !this.#inOrder(a, b, true)) return false;
        good++;
      } catch (e) {
        if (!(e instanceof MemoryFault)) throw e; // a page that is missing proves nothing
      }
    }
    return good > 0;
  }

  #inOrder(a: number, b: number, cut: boolean): boolean {
    const first = this.#scratch.slice(1, 1 + this.#key(a, cut));
    return this.#compare(first, this.#key(b, cut)) <= 0;
  }

  #seq(seqs: LazyTable, i: number): number {
    seqs.need(i * 3, i * 3 + 3);
    const b = seqs.bytes;
    return ((b[i * 3] as number) << 16) | ((b[i * 3 + 1] as number) << 8) | (b[i * 3 + 2] as number);
  }

  /** Binary search in `kallsyms_seqs_of_names`. @throws MemoryFault where the name may be one that is lost */
  #search(seqs: LazyTable, wanted: Uint8Array, cut: boolean): number | undefined {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const { at, key } = this.#probe(seqs, low, high, cut);
      if (this.#compare(wanted, key) > 0) low = at + 1;
      else high = at;
    }
    let similar: number | undefined;
    let fault: MemoryFault | undefined;
    for (let i = low; i < this.count && i - low < MAX_SAME_NAME; i++) {
      try {
        const number = this.#checked(seqs, i);
        const key = this.#key(number, cut);
        if (this.#compare(wanted, key) !== 0) break;
        if (this.#scratch[key + 1] === 0) return number;
        similar ??= number;
      } catch (e) {
        if (!(e instanceof MemoryFault)) throw e;
        fault = e;
      }
    }
    if (similar === undefined && fault) throw fault;
    return similar;
  }

  /** Expands the name in the middle of a part of the sorted list, or one near it where that is lost. */
  #probe(seqs: LazyTable, low: number, high: number, cut: boolean): { readonly at: number; readonly key: number } {
    const middle = (low + high) >>> 1;
    try {
      return { at: middle, key: this.#key(this.#checked(seqs, middle), cut) };
    } catch (e) {
      if (!(e instanceof MemoryFault)) throw e;
      const near = this.#probeNear(seqs, middle, low, high, cut);
      if (!near) throw e;
      return near;
    }
  }

  #probeNear(seqs: LazyTable, middle: number, low: number, high: number, cut: boolean) {
    // A page that is lost has more than a thousand numbers of the list, or names that stand all over it.
    for (let step = 1; step <= high - low; step = step < 16 ? step + 1 : step * 2) {
      for (const at of [middle + step, middle - step]) {
        if (at < low || at >= high) continue;
        try {
          return { at, key: this.#key(this.#checked(seqs, at), cut) };
        } catch (e) {
          if (!(e instanceof MemoryFault)) throw e;
        }
      }
    }
    return undefined;
  }

  #checked(seqs: LazyTable, i: number): number {
    const number = this.#seq(seqs, i);
    if (number >= this.count) throw seqs.corrupt(i * 3, `symbol number ${number} exceeds ${this.count - 1}`);
    return number;
  }

  /** Search without the sorted list: one pass makes a hash of every name, once. */
  #scan(wanted: Uint8Array): number | undefined {
    const { hashes } = this.#hashed();
    const hash = hashText(wanted);
    for (let i = hashes.indexOf(hash); i >= 0; i = hashes.indexOf(hash, i + 1)) {
      const length = this.#expand(this.#offset(i)) - 1;
      if (length === wanted.length && this.#compare(wanted, length) === 0) return i;
    }
    return undefined;
  }

  /** Expands symbol `i`; returns the length of its name, or with `cut` of the part before `.llvm.`. */
  #key(i: number, cut: boolean): number {
    const length = this.#expand(this.#offset(i));
    const bytes = this.#scratch;
    bytes[length] = 0;
    if (!cut || length < 8) return length - 1;
    // `cleanup_symbol_name` in scripts/kallsyms.c (Linux commit 8cc32a9bbf29, v6.6) strips `.llvm.` and what follows.
    const dot = bytes.indexOf(0x2e, 1);
    if (dot < 0 || dot >= length) return length - 1;
    const suffix = indexOfBytes(bytes.subarray(0, length), LLVM, dot);
    return (suffix < 0 ? length : suffix) - 1;
  }

  /** Order of `wanted` against the first `length` bytes of the expanded name. */
  #compare(wanted: Uint8Array, length: number): number {
    const bytes = this.#scratch;
    const n = Math.min(wanted.length, length);
    for (let i = 0; i < n; i++) {
      const d = (wanted[i] as number) - (bytes[i + 1] as number);
      if (d !== 0) return d;
    }
    return wanted.length - length;
  }

  /** Position in the names of symbol `i`. A binary search asks for the same few at its beginning, whatever it looks for. */
  #offset(i: number): number {
    let offset = this.#offsets.get(i);
    if (offset === undefined) {
      offset = skipNames(this.#names, this.#marker(i >>> 8), i & 0xff);
      if (this.#offsets.size < MAX_OFFSETS) this.#offsets.set(i, offset);
    }
    return offset;
  }

  #hashed() {
    if (!this.#index) {
      const lost = this.#names.available();
      const startOf = (block: number): number | undefined => {
        if (!this.#markers || lost.empty || block * 256 >= this.count) return undefined;
        return this.#marker(block);
      };
      this.#index = hashNames({ bytes: this.#names.bytes, lost, startOf }, this.count, this.#tokens);
    }
    return this.#index;
  }

  #marker(k: number): number {
    const markers = this.#markers;
    if (!markers) {
      return this.#hashed().markers[k] as number;
    }
    const width = this.#tables.markerWidth;
    markers.need(k * width, k * width + width);
    const at = markers.view.getUint32(
      k * width + (width === 8 && !this.#memory.littleEndian ? 4 : 0),
      this.#memory.littleEndian,
    );
    if (at >= this.#names.size) throw markers.corrupt(k * width, `marker ${at} exceeds ${this.#names.size}`);
    return at;
  }

  /** Expands the name at `at` to the scratch buffer, its letter first; returns the length with the letter. */
  #expand(at: number): number {
    const names = this.#names;
    const bytes = names.bytes;
    names.need(at, at + 2);
    let left = bytes[at++] as number;
    if (left >= 0x80) left = (left & 0x7f) | ((bytes[at++] as number) << 7);
    if (at + left > names.size) throw names.corrupt(at, `name of ${left} bytes runs beyond ${names.size}`);
    names.need(at, at + left);
    const { bytes: text, starts, lengths } = this.#tokens;
    const out = this.#scratch;
    let length = 0;
    for (; left > 0; left--) {
      const token = bytes[at++] as number;
      let from = starts[token] as number;
      const end = from + (lengths[token] as number);
      if (length + end - from >= MAX_NAME) return length;
      while (from < end) out[length++] = text[from++] as number;
    }
    return length;
  }
}
