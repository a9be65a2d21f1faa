import type { Addr } from '../base/units.ts';
import type { KallsymsNames } from './kallsyms-names.ts';

/**
 * How `kallsyms_offsets` or `kallsyms_addresses` say where a symbol is:
 * - `absolute`: an unsigned long each (without CONFIG_KALLSYMS_BASE_RELATIVE; gone with Linux commit 64e166099b69, v6.11).
 * - `base`: u32, added to `kallsyms_relative_base` (Linux commit 2213e9a66bb8, v4.6, without --absolute-percpu).
 * - `base-percpu`: s32; positive ones are absolute (x86-64 per-CPU symbols), negative ones are
 *   `relative_base - 1 - offset` (CONFIG_KALLSYMS_ABSOLUTE_PERCPU, x86-64 up to v6.14).
 * - `place`: s32, added to the address of the entry itself (Linux commit a081b5789255, v7.0).
 */
export type KallsymsEncoding = 'absolute' | 'base' | 'base-percpu' | 'place';

/** Where the tables of one kernel are. */
export interface KallsymsTables {
  /** `kallsyms_num_syms`. */
  readonly count: number;
  readonly encoding: KallsymsEncoding;
  /** `kallsyms_addresses` or `kallsyms_offsets`. */
  readonly addresses: Addr;
  /** `kallsyms_relative_base`; 0 where there is none. */
  readonly relativeBase: Addr;
  /** `kallsyms_names`, one entry a symbol: ULEB128 length, then token numbers; and an upper limit of its size. */
  readonly names: Addr;
  readonly namesLimit: number;
  /** `kallsyms_token_table` and `kallsyms_token_index`. */
  readonly tokenTable: Addr;
  readonly tokenIndex: Addr;
  /** `kallsyms_markers`: offset in the names of every 256th symbol; undefined when not found. */
  readonly markers: Addr | undefined;
  /** 4, or 8 before Linux commit 80ffbaa5b1bd (v4.20). */
  readonly markerWidth: 4 | 8;
  /** `kallsyms_seqs_of_names` (Linux commit 60443c88f3a8, v6.2): symbol numbers sorted by name, 3 bytes each. */
  readonly seqsOfNames: Addr | undefined;
}

/** Tables that were found and agree with each other, and the reader of the names, which has seen parts of them. */
export interface FoundKallsyms {
  readonly tables: KallsymsTables;
  readonly names: KallsymsNames;
}
