import { AnalysisError, MemoryFault, NotFoundError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { cString } from '../base/text.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { CType } from '../types/c-type.ts';
import type { Program } from './program.ts';

/** An object of the dumped kernel: a type at an address. Nothing is read before a value is asked for. */
export class Value {
  readonly program: Program;
  readonly type: CType;
  readonly address: Addr;
  /** First bit inside the byte at `address`, and width; width 0 for anything but a bit-field. */
  readonly #bit: number;
  readonly #bitSize: number;

  constructor(program: Program, type: CType, address: Addr, bit = 0, bitSize = 0) {
    this.program = program;
    this.type = type;
    this.address = address;
    this.#bit = bit;
    this.#bitSize = bitSize;
  }

  /**
   * The member at a path such as `thread.sp`. A pointer is followed first, as C's `->` does.
   * @throws NotFoundError when the type has no such member
   */
  get(path: string): Value {
    const found = this.find(path);
    if (!found) throw new NotFoundError('member', `${typeName(this.type)}.${path}`);
    return found;
  }

  /** Like `get`, `undefined` when this kernel has no such member. */
  find(path: string): Value | undefined {
    const type = this.type.resolve();
    if (type.kind === 'pointer') return this.deref().find(path);
    const place = type.findMember(path);
    return place && new Value(this.program, place.type, addrAdd(this.address, place.offset), place.bit, place.bitSize);
  }

  /** The first of several members that this kernel has; newest name first. */
  first(...paths: string[]): Value {
    for (const path of paths) {
      const found = this.find(path);
      if (found) return found;
    }
    throw new NotFoundError('member', `${typeName(this.type)}.${paths.join('|')}`);
  }

  has(path: string): boolean {
    return this.find(path) !== undefined;
  }

  /** What a pointer points to. */
  deref(): Value {
    const type = this.type.resolve();
    const target = type.target;
    if (type.kind !== 'pointer' || !target) throw new AnalysisError('type', `${typeName(this.type)} is no pointer`);
    return new Value(this.program, target, this.toBigInt());
  }

  /** An element of an array, or of what a pointer points to. */
  index(i: number): Value {
    const type = this.type.resolve();
    const target = type.target;
    if (!target || (type.kind !== 'array' && type.kind !== 'pointer')) {
      throw new AnalysisError('type', `${typeName(this.type)} has no elements`);
    }
    const base = type.kind === 'array' ? this.address : this.toBigInt();
    return new Value(this.program, target, addrAdd(base, BigInt(i) * BigInt(target.size)));
  }

  /** Same place, other type. */
  as(type: CType | string): Value {
    return new Value(this.program, typeof type === 'string' ? this.program.type(type) : type, this.address);
  }

  /**
   * The integer, pointer or enum, sign-extended when its type is signed.
   * @throws MemoryFault
   */
  toBigInt(): bigint {
    const type = this.type.resolve();
    const memory = this.program.memory;
    if (this.#bitSize > 0) return this.#bits(type.signed);
    const { size, signed } = type;
    if (size === 8) return signed ? BigInt.asIntN(64, memory.u64(this.address)) : memory.u64(this.address);
    if (size === 4) return BigInt(signed ? memory.u32(this.address) | 0 : memory.u32(this.address));
    if (size === 2) return BigInt(signed ? (memory.u16(this.address) << 16) >> 16 : memory.u16(this.address));
    if (size === 1) return BigInt(signed ? (memory.u8(this.address) << 24) >> 24 : memory.u8(this.address));
    throw new AnalysisError('type', `${typeName(this.type)} of ${size} bytes is no integer`);
  }

  #bits(signed: boolean): bigint {
    const bytes = (this.#bit + this.#bitSize + 7) >> 3;
    let raw = 0n;
    for (let i = 0; i < bytes; i++) {
      const at = this.program.memory.littleEndian ? i : bytes - 1 - i;
      raw |= BigInt(this.program.memory.u8(addrAdd(this.address, at))) << BigInt(8 * i);
    }
    const shift = this.program.memory.littleEndian ? this.#bit : bytes * 8 - this.#bit - this.#bitSize;
    const value = BigInt.asUintN(this.#bitSize, raw >> BigInt(shift));
    return signed ? BigInt.asIntN(this.#bitSize, value) : value;
  }

  /** As `toBigInt`, exact as a number. @throws AnalysisError beyond 2^53 */
  toNumber(): number {
    const type = this.type.resolve();
    if (this.#bitSize === 0 && type.size === 4) {
      return type.signed ? this.program.memory.i32(this.address) : this.program.memory.u32(this.address);
    }
    const value = this.toBigInt();
    const n = Number(value);
    if (!Number.isSafeInteger(n))
      throw new AnalysisError('range', `${hex(value)} at ${hex(this.address)} exceeds 2^53`);
    return n;
  }

  /** The string in a char array or behind a char pointer, at most `max` bytes. */
  toText(max: Bytes = 256): string {
    const type = this.type.resolve();
    const memory = this.program.memory;
    if (type.kind === 'pointer') return memory.cString(this.toBigInt(), max);
    const size = Math.min(max, type.size);
    return cString(memory.bytes(this.address, size));
  }

  /** `read` that turns a fault into its sentence; for values that a report may lack. */
  attempt<T>(read: (value: Value) => T): T | string {
    try {
      return read(this);
    } catch (e) {
      if (e instanceof MemoryFault) return e.message;
      throw e;
    }
  }
}

function typeName(type: CType): string {
  return type.name || `anonymous ${type.kind}`;
}
