import { BadDataError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import { cString } from '../../base/text.ts';
import type { Addr, Bytes } from '../../base/units.ts';
import { LebCursor } from './leb-cursor.ts';
import { sortedOrder } from './sorted-order.ts';

/** A section of call frame information as it lies in the file. */
export interface CfiSource {
  /** For messages: file and section. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Link address of the section; pc-relative pointers of `.eh_frame` count from it. */
  readonly address: Addr;
  /** `.eh_frame` (LSB, "Exception Frames") rather than `.debug_frame` (DWARF 5, 6.4). */
  readonly eh: boolean;
  readonly littleEndian: boolean;
  readonly addressSize: 4 | 8;
}

/** What functions share: a Common Information Entry. */
export interface Cie {
  readonly codeAlign: number;
  readonly dataAlign: number;
  /** Number of the column that holds the return address. */
  readonly returnRegister: number;
  /** The frame was interrupted: pcs of its caller are exact. */
  readonly signal: boolean;
  readonly addressSize: 4 | 8;
  /** Encoding of addresses in `.eh_frame`. */
  readonly encoding: number;
  readonly augmented: boolean;
  /** Where its instructions are in the section. */
  readonly from: Bytes;
  readonly to: Bytes;
}

/** The entry of a range of code: a Frame Description Entry. */
export interface Fde {
  readonly cie: Cie;
  readonly start: Addr;
  readonly end: Addr;
  readonly from: Bytes;
  readonly to: Bytes;
}

/** Entries of a section at most: a header takes more than 16 bytes. */
const MIN_ENTRY = 8;

/** Call frame information, found by address: an index of the entries is made once, each is decoded when asked for. */
export class CfiSection {
  readonly source: CfiSource;
  readonly #cies = new Map<Bytes, Cie>();
  /** Starts as signed numbers: exact, since canonical addresses have at most 53 significant bits. */
  /** The CIE that the quick way saw last. */
  #plainCie = -1;
  #starts = new Float64Array(0);
  #sizes = new Float64Array(0);
  #offsets = new Uint32Array(0);
  /** Why the index ends before the section does. */
  readonly damage: string | undefined;

  constructor(source: CfiSource) {
    this.source = source;
    this.damage = this.#index();
  }

  get count(): number {
    return this.#starts.length;
  }

  /** The entry that covers link address `pc`. @throws BadDataError */
  find(pc: Addr): Fde | undefined {
    const wanted = Number(BigInt.asIntN(64, pc));
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] as number) <= wanted) low = middle;
      else high = middle - 1;
    }
    // An entry may lie inside another one in damaged or hand-written tables; the nearest start goes first.
    const start = this.#starts[low];
    if (start === undefined || wanted < start || wanted >= start + (this.#sizes[low] as number)) return undefined;
    return this.#entry(this.#offsets[low] as number);
  }

  /** Entry number `i` in the order of addresses. */
  at(i: number): Fde {
    return this.#entry(this.#offsets[i] as number);
  }

  cursor(at: Bytes, to: Bytes, what: string): LebCursor {
    const { bytes, littleEndian, name } = this.source;
    const cursor = new LebCursor(bytes.subarray(0, to), littleEndian, name, 0, what);
    cursor.at = at;
    return cursor;
  }

  /** Reads all headers; a damaged one ends the index. */
  #index(): string | undefined {
    const { bytes } = this.source;
    const limit = Math.floor(bytes.length / MIN_ENTRY);
    let starts = new Float64Array(Math.min(limit, 4096));
    let sizes = new Float64Array(starts.length);
    let offsets = new Uint32Array(starts.length);
    let n = 0;
    let damage: string | undefined;
    const cursor = this.cursor(0, bytes.length, 'call frame information');
    try {
      while (cursor.left > 4) {
        if (n === starts.length) {
          starts = grow(starts, new Float64Array(n * 2 + 1));
          sizes = grow(sizes, new Float64Array(n * 2 + 1));
          offsets = grow(offsets, new Uint32Array(n * 2 + 1));
        }
        const at = cursor.at;
        const quick = this.#plain(cursor.view, at, n, starts, sizes);
        if (quick > 0) {
          offsets[n++] = at;
          cursor.at = quick;
          continue;
        }
        const header = this.#header(cursor);
        if (!header) break;
        if (!header.isCie) {
          const { start, size } = this.#range(cursor, this.#cie(header.cie), header.end);
          starts[n] = Number(BigInt.asIntN(64, start));
          sizes[n] = size;
          offsets[n++] = at;
        }
        cursor.at = header.end;
      }
    } catch (e) {
      if (!(e instanceof BadDataError)) throw e;
      damage = e.message;
    }
    this.#keepSorted(starts.subarray(0, n), sizes, offsets);
    return damage;
  }

  /** An FDE of .debug_frame with a 32-bit length and 64-bit addresses, as most are: its end, or 0 for anything else. */
  #plain(view: DataView, at: Bytes, n: number, starts: Float64Array, sizes: Float64Array): Bytes {
    const { eh, littleEndian, addressSize } = this.source;
    if (eh || addressSize !== 8 || at + 24 > view.byteLength) return 0;
    const end = at + 4 + view.getUint32(at, littleEndian);
    const cie = view.getUint32(at + 4, littleEndian);
    if (end < at + 24 || end > view.byteLength || cie >= view.byteLength) return 0;
    if (cie !== this.#plainCie) {
      if (!isPlainCie(view, cie)) return 0;
      this.#plainCie = cie;
    }
    const low = littleEndian ? 0 : 4;
    const high = 4 - low;
    starts[n] = view.getInt32(at + 8 + high, littleEndian) * 2 ** 32 + view.getUint32(at + 8 + low, littleEndian);
    sizes[n] = view.getUint32(at + 16 + high, littleEndian) * 2 ** 32 + view.getUint32(at + 16 + low, littleEndian);
    return end;
  }

  #keepSorted(starts: Float64Array<ArrayBuffer>, sizes: Float64Array, offsets: Uint32Array): void {
    const n = starts.length;
    this.#starts = starts;
    this.#sizes = sizes.slice(0, n);
    this.#offsets = offsets.slice(0, n);
    let sorted = true;
    for (let i = 1; i < n && sorted; i++) sorted = (starts[i - 1] as number) <= (starts[i] as number);
    if (sorted) return;
    const order = sortedOrder(starts);
    this.#starts = Float64Array.from(order, (i) => starts[i] as number);
    this.#sizes = Float64Array.from(order, (i) => sizes[i] as number);
    this.#offsets = Uint32Array.from(order, (i) => offsets[i] as number);
  }

  /** Length and kind of the entry at the cursor, which is left behind them; undefined at the terminator. */
  #header(cursor: LebCursor): { isCie: boolean; cie: Bytes; end: Bytes } | undefined {
    const { eh } = this.source;
    let length = cursor.u32();
    if (length === 0 && eh) return undefined;
    const wide = length === 0xffffffff;
    if (wide) length = cursor.size64('length');
    else if (length >= 0xfffffff0) throw cursor.bad(`reserved length ${hex(length)}`, 4);
    if (length > cursor.left) throw cursor.bad(`entry of ${hex(length)} bytes, ${hex(cursor.left)} are left`, 4);
    const end = cursor.at + length;
    if (length === 0) return { isCie: true, cie: 0, end };
    const idAt = cursor.at;
    const id = wide && !eh ? cursor.u64() : BigInt(cursor.u32());
    const isCie = eh ? id === 0n : id === (wide ? 0xffffffffffffffffn : 0xffffffffn);
    const cie = eh ? idAt - Number(id) : Number(id);
    if (!isCie && !(cie >= 0 && cie < this.source.bytes.length)) throw cursor.bad(`its CIE is at ${hex(id)}`, 4);
    return { isCie, cie, end };
  }

  #cie(at: Bytes): Cie {
    let cie = this.#cies.get(at);
    if (!cie) {
      const cursor = this.cursor(at, this.source.bytes.length, 'CIE');
      const header = this.#header(cursor);
      if (!header?.isCie) throw cursor.bad('no CIE is here');
      cie = this.#readCie(cursor, header.end);
      this.#cies.set(at, cie);
    }
    return cie;
  }

  #readCie(cursor: LebCursor, end: Bytes): Cie {
    const version = cursor.u8();
    if (version !== 1 && version !== 3 && version !== 4)
      throw cursor.bad(`version ${version}, known are 1, 3 and 4`, 1);
    const augmentation = cString(cursor.bytes, cursor.at, end);
    cursor.skip(augmentation.length + 1);
    let addressSize: 4 | 8 = this.source.addressSize;
    if (augmentation.startsWith('eh')) cursor.skip(addressSize);
    if (version >= 4) {
      const size = cursor.u8();
      if (size !== 4 && size !== 8) throw cursor.bad(`addresses of ${size} bytes`, 1);
      addressSize = size;
      if (cursor.u8() !== 0) throw cursor.bad('segmented addresses', 1);
    }
    const codeAlign = cursor.count('code alignment');
    const dataAlign = cursor.offset('data alignment');
    const returnRegister = version === 1 ? cursor.u8() : cursor.count('return address register');
    let signal = false;
    let encoding = 0;
    const augmented = augmentation.startsWith('z');
    let from = cursor.at;
    if (augmented) {
      const size = cursor.count('augmentation length');
      from = cursor.at + size;
      if (size > cursor.left) throw cursor.bad(`augmentation data of ${size} bytes`);
      for (const letter of augmentation.slice(1)) {
        if (letter === 'R') encoding = cursor.u8();
        else if (letter === 'L') cursor.skip(1);
        else if (letter === 'P') this.#pointer(cursor, cursor.u8(), addressSize);
        else if (letter === 'S') signal = true;
        else if (letter !== 'B' && letter !== 'G') break; // B and G: arm64 pointer authentication and tagged stacks
      }
    }
    return { codeAlign, dataAlign, returnRegister, signal, addressSize, encoding, augmented, from, to: end };
  }

  /** An encoded pointer (LSB, "DWARF Exception Header Encoding"). */
  #pointer(cursor: LebCursor, encoding: number, addressSize: 4 | 8): Addr {
    const at = cursor.at;
    const raw = this.#rawPointer(cursor, encoding & 0x0f, addressSize);
    const relative = encoding & 0x70;
    if (relative !== 0 && relative !== 0x10) throw cursor.bad(`pointer encoding ${hex(encoding)}`);
    return BigInt.asUintN(64, relative === 0x10 ? raw + this.source.address + BigInt(at) : raw);
  }

  #rawPointer(cursor: LebCursor, format: number, addressSize: 4 | 8): bigint {
    if (format === 0) return cursor.unsigned(addressSize);
    if (format === 1) return cursor.uleb();
    if (format >= 2 && format <= 4) return cursor.unsigned(1 << (format - 1));
    if (format === 9) return cursor.sleb();
    if (format >= 10 && format <= 12) return cursor.signed(1 << (format - 9));
    throw cursor.bad(`pointer format ${format}`);
  }

  #range(cursor: LebCursor, cie: Cie, end: Bytes): { start: Addr; size: number } {
    const { eh } = this.source;
    const start = eh ? this.#pointer(cursor, cie.encoding, cie.addressSize) : cursor.unsigned(cie.addressSize);
    const size = Number(
      eh ? this.#rawPointer(cursor, cie.encoding & 0x07, cie.addressSize) : cursor.unsigned(cie.addressSize),
    );
    if (cursor.at > end) throw cursor.bad('entry is too short');
    return { start, size };
  }

  #entry(at: Bytes): Fde {
    const cursor = this.cursor(at, this.source.bytes.length, 'FDE');
    const header = this.#header(cursor);
    if (!header || header.isCie) throw cursor.bad('no FDE is here');
    const cie = this.#cie(header.cie);
    const { start, size } = this.#range(cursor, cie, header.end);
    if (cie.augmented) cursor.skip(cursor.count('augmentation length'));
    return { cie, start, end: start + BigInt(size), from: cursor.at, to: header.end };
  }
}

function grow<T extends Float64Array | Uint32Array>(from: T, into: T): T {
  into.set(from as never);
  return into;
}

/** Whether a CIE has 64-bit addresses and no augmentation, told by its first bytes alone. */
function isPlainCie(view: DataView, at: Bytes): boolean {
  if (at + 12 > view.byteLength || view.getUint32(at + 4) !== 0xffffffff || view.getUint8(at + 9) !== 0) return false;
  const version = view.getUint8(at + 8);
  return version === 1 || version === 3 || (version === 4 && view.getUint16(at + 10) === 0x0800);
}
