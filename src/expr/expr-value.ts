import { AnalysisError } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { formatType } from '../types/format-type.ts';

/** More is not read for one value. */
const MAX_VALUE = 1 << 26;

/** Where a value is: in the dump, or nowhere but in its bytes. */
interface Place {
  /** Kernel virtual address; absent for a computed value. */
  readonly address?: Addr;
  /** As they lie in memory; read from the dump when absent. */
  readonly bytes?: Uint8Array;
  /** First bit inside the first byte, and width, of a bit-field. */
  readonly bit?: number;
  readonly bitSize?: number;
  /** The symbol that it is, when it is one. */
  readonly symbol?: string;
}

/** The value of an expression: a type with a place in the dump or with bytes of its own. */
export class ExprValue {
  readonly prog: Program;
  readonly type: CType;
  readonly address: Addr | undefined;
  readonly bit: number;
  readonly bitSize: number;
  readonly symbol: string | undefined;
  #bytes: Uint8Array | undefined;

  constructor(prog: Program, type: CType, place: Place) {
    this.prog = prog;
    this.type = type;
    this.address = place.address;
    this.bit = place.bit ?? 0;
    this.bitSize = place.bitSize ?? 0;
    this.symbol = place.symbol;
    this.#bytes = place.bytes;
  }

  /** An integer, pointer, enum or bool; the value is cut to the size of the type. */
  static ofInteger(prog: Program, type: CType, value: bigint): ExprValue {
    const { size } = type.resolve();
    const bytes = new Uint8Array(size);
    let rest = BigInt.asUintN(size * 8, value);
    for (let i = 0; i < size; i++) {
      bytes[prog.arch.littleEndian ? i : size - 1 - i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    return new ExprValue(prog, type, { bytes });
  }

  static ofReal(prog: Program, type: CType, value: number): ExprValue {
    const { size } = type.resolve();
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    if (size === 4) view.setFloat32(0, value, prog.arch.littleEndian);
    else view.setFloat64(0, value, prog.arch.littleEndian);
    return new ExprValue(prog, type, { bytes });
  }

  /** Bytes that a value of this type and place takes. */
  get size(): Bytes {
    return this.bitSize > 0 ? (this.bit + this.bitSize + 7) >> 3 : this.type.size;
  }

  /** The object as it lies in memory. @throws MemoryFault */
  bytes(): Uint8Array {
    this.#bytes ??= this.#read();
    return this.#bytes;
  }

  #read(): Uint8Array {
    const { size, address } = this;
    if (address === undefined) throw new AnalysisError('type', `${formatType(this.type)} has no value`);
    if (size > MAX_VALUE) {
      throw new AnalysisError('range', `${formatType(this.type)} of ${size} bytes, ${MAX_VALUE} at most are read`);
    }
    return this.prog.memory.bytes(address, size);
  }

  /** The integer, pointer, enum or bool; of an array or function its address. @throws AnalysisError MemoryFault */
  toBigInt(): bigint {
    const type = this.type.resolve();
    switch (type.kind) {
      case 'array':
      case 'function':
        if (this.address === undefined) throw new AnalysisError('type', `${formatType(this.type)} has no address`);
        return this.address;
      case 'float':
        return BigInt(Math.trunc(this.toNumber()));
      case 'int':
      case 'enum':
      case 'pointer':
        return integerOf(this.prog, this.bytes(), type.signed, type.size, this.bit, this.bitSize);
      default:
        throw new AnalysisError('type', `${formatType(this.type)} is no number`);
    }
  }

  /** The same as a floating-point number. */
  toNumber(): number {
    const type = this.type.resolve();
    if (type.kind !== 'float') return Number(this.toBigInt());
    return realOf(this.prog, this.bytes(), type.size);
  }

  isTrue(): boolean {
    return this.type.resolve().kind === 'float' ? this.toNumber() !== 0 : this.toBigInt() !== 0n;
  }

  /** Another type at the same place. */
  as(type: CType): ExprValue {
    const { address } = this;
    if (address !== undefined && this.bitSize === 0) return new ExprValue(this.prog, type, { address });
    return new ExprValue(this.prog, type, { bytes: this.bytes() });
  }
}

/** A floating-point number of 4, 8 or 16 bytes; NaN for any other size. */
export function realOf(prog: Program, bytes: Uint8Array, size: Bytes): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 4 && bytes.length >= 4) return view.getFloat32(0, prog.arch.littleEndian);
  if (size === 8 && bytes.length >= 8) return view.getFloat64(0, prog.arch.littleEndian);
  return Number.NaN;
}

/**
 * An integer at the start of `bytes`, or a bit-field that starts at bit `bit` of the first byte.
 * @throws AnalysisError when there are fewer bytes
 */
export function integerOf(
  prog: Program,
  bytes: Uint8Array,
  signed: boolean,
  size: Bytes,
  bit = 0,
  bitSize = 0,
): bigint {
  const { littleEndian } = prog.arch;
  const count = bitSize > 0 ? (bit + bitSize + 7) >> 3 : size;
  if (bytes.length < count || count > 16) {
    throw new AnalysisError('type', `integer of ${count} bytes where there are ${bytes.length}`);
  }
  let raw = 0n;
  if (count <= 4) {
    let n = 0;
    for (let i = count - 1; i >= 0; i--) n = n * 256 + (bytes[littleEndian ? i : count - 1 - i] as number);
    raw = BigInt(n);
  } else {
    for (let i = count - 1; i >= 0; i--) raw = (raw << 8n) | BigInt(bytes[littleEndian ? i : count - 1 - i] as number);
  }
  if (bitSize === 0) return signed ? BigInt.asIntN(size * 8, raw) : raw;
  const value = BigInt.asUintN(bitSize, raw >> BigInt(littleEndian ? bit : count * 8 - bit - bitSize));
  return signed ? BigInt.asIntN(bitSize, value) : value;
}
