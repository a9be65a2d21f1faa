import type { FaultReason } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/**
 * One kernel object copied in one read, for walkers that need many members of many objects: reading a member then costs
 * a `DataView` access. Reused from object to object; a value that must outlive the next `load` is copied by its getter.
 */
export class KernelStruct {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #program: Program;
  readonly #little: boolean;
  readonly #wide: boolean;

  /** @param size bytes to copy of each object; the caller has it from a type, not from the dump */
  constructor(program: Program, size: Bytes) {
    this.#program = program;
    this.#little = program.arch.littleEndian;
    this.#wide = program.arch.pointerSize === 8;
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  get program(): Program {
    return this.#program;
  }

  /** Copies the object at `at`; what could not be read is undefined content, and the reason is returned. */
  load(at: Addr): FaultReason | undefined {
    return this.#program.memory.tryRead(at, this.bytes);
  }

  /** Copies what can be read of the object, the rest zero; returns how many bytes are real. */
  loadPart(at: Addr): Bytes {
    return this.#program.memory.readWhatIsThere(at, this.bytes);
  }

  u8(offset: Bytes): number {
    return this.view.getUint8(offset);
  }

  u16(offset: Bytes): number {
    return this.view.getUint16(offset, this.#little);
  }

  u32(offset: Bytes): number {
    return this.view.getUint32(offset, this.#little);
  }

  i32(offset: Bytes): number {
    return this.view.getInt32(offset, this.#little);
  }

  u64(offset: Bytes): bigint {
    return this.view.getBigUint64(offset, this.#little);
  }

  /** A signed 64-bit counter as a number; exact below 2^53 in magnitude, which page counts are. */
  i64(offset: Bytes): number {
    const low = this.view.getUint32(this.#little ? offset : offset + 4, this.#little);
    const high = this.view.getInt32(this.#little ? offset + 4 : offset, this.#little);
    return high * 0x100000000 + low;
  }

  /** An `unsigned long` or pointer as a `long` number, for counters; see `i64`. */
  long(offset: Bytes): number {
    return this.#wide ? this.i64(offset) : this.i32(offset);
  }

  /** A pointer or `unsigned long`. */
  pointer(offset: Bytes): Addr {
    return this.#wide ? this.u64(offset) : BigInt(this.u32(offset));
  }
}

/** Whether `at` can be the address of a kernel object: where the kernel keeps any, and aligned as a pointer is. */
export function isKernelPointer(prog: Program, at: Addr): boolean {
  return at >= prog.kernelStart && (at & 7n) === 0n;
}
