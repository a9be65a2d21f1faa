import { AnalysisError } from '../../base/errors.ts';
import type { Addr, Bytes } from '../../base/units.ts';

/** Where an object is, or what it is when it is nowhere (DWARF 5, 2.6). */
export type Location =
  | { readonly in: 'memory'; readonly address: Addr }
  | { readonly in: 'register'; readonly register: number }
  /** The object's value itself (`DW_OP_stack_value`). */
  | { readonly in: 'value'; readonly value: bigint }
  /** The object's bytes (`DW_OP_implicit_value`). */
  | { readonly in: 'bytes'; readonly bytes: Uint8Array }
  /** A pointer to an object that is not in memory: that of the DIE at `die`, plus an offset. */
  | { readonly in: 'pointer'; readonly die: Bytes; readonly offset: number }
  | { readonly in: 'pieces'; readonly pieces: readonly Piece[] }
  /** Optimized out. */
  | { readonly in: 'nowhere' };

/** A part of an object; parts follow each other in the object's order. */
export interface Piece {
  readonly location: Location;
  readonly bits: number;
  /** First bit inside the location. */
  readonly bitOffset: number;
}

/** A location that cannot be told: what is not known, or is not supported. */
export class LocationError extends AnalysisError {
  constructor(what: string) {
    super('location', what);
  }
}
