import type { Addr, Bytes } from '../../base/units.ts';

/** A base type that typed operations name. */
export interface ValueType {
  readonly size: Bytes;
  readonly kind: 'signed' | 'unsigned' | 'float';
}

/** What an expression may ask of the frame and the unit that it belongs to. Whatever is absent is not known there. */
export interface ExpressionContext {
  readonly littleEndian: boolean;
  readonly addressSize: 4 | 8;
  /** Bytes of an offset in the unit: 4, or 8 in 64-bit DWARF. */
  readonly offsetSize: 4 | 8;
  /** DWARF version of the unit. */
  readonly version: number;
  /** Value of a register in this frame. */
  register(register: number): bigint | undefined;
  /** An unsigned number of `size` bytes (1, 2, 4 or 8). @throws MemoryFault */
  read(address: Addr, size: Bytes): bigint;
  /** Run-time address of a link address. */
  relocate?(address: Addr): Addr;
  /** Entry `index` of the unit's part of .debug_addr. */
  addressAt?(index: number): Addr;
  /** A constant that is no address: entry `index` as it is (`DW_OP_constx`). */
  constantAt?(index: number): bigint;
  frameBase?(): Addr;
  cfa?(): Addr;
  /** Value that a location had on entry to the function, from the call site in the caller. */
  entryValue?(expression: Uint8Array): bigint | undefined;
  /** The base type at an offset in the unit. */
  baseType?(offset: Bytes): ValueType | undefined;
  /** The expression of the DIE at an offset in the unit (`DW_OP_call2`, `call4`) or in the section (`call_ref`). */
  called?(offset: Bytes, inSection: boolean): Uint8Array | undefined;
  readonly objectAddress?: Addr;
}
