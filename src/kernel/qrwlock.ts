import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** include/asm-generic/qrwlock.h: _QW_LOCKED, _QW_WAITING, _QR_SHIFT */
const WRITER = 0xff;
const WAITING = 0x100;
const READERS = 9;
/** More readers than CPUs and tasks can hold one at a time. */
const MAX_READERS = 100_000;

/** A `struct qrwlock` (`rwlock_t`) as it stands. */
export interface RwlockState {
  readonly writer: boolean;
  readonly waiting: boolean;
  readonly readers: number;
  readonly plausible: boolean;
  readonly state: string;
}

/** @param at `rwlock_t *` @throws MemoryFault */
export function rwlockState(prog: Program, at: Addr): RwlockState {
  const value = prog.memory.u32(at);
  const writer = value & WRITER;
  const readers = value >>> READERS;
  return {
    writer: writer === WRITER,
    waiting: (value & WAITING) !== 0,
    readers,
    plausible: (writer === 0 || writer === WRITER) && readers < MAX_READERS && value !== 0,
    state: `cnts=${hex(value)}`,
  };
}
