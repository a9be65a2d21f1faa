import type { FaultReason } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';

const WINDOW = 1 << 18;

/**
 * A kernel buffer read through a sliding copy: neighbouring pieces cost one read, and the memory used does not depend
 * on the size that the dump states.
 */
export class MemoryWindow {
  readonly #program: Program;
  readonly #base: Addr;
  readonly #size: Bytes;
  readonly #window: Bytes;
  #from = 0;
  #to = 0;
  #bytes = new Uint8Array(0);
  /** Over the same bytes as the last `piece`. */
  view = new DataView(this.#bytes.buffer);
  /** Where the last `piece` begins in `bytes` and `view`. */
  at = 0;

  /** @param base its address @param size its size; pieces beyond it are refused */
  constructor(program: Program, base: Addr, size: Bytes, window: Bytes = WINDOW) {
    this.#program = program;
    this.#base = base;
    this.#size = size;
    this.#window = window;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /**
   * Makes `size` bytes at `offset` available as `bytes` and `view` from `at` on.
   * @param until how far the caller expects to go on reading; nothing beyond it is read ahead
   * @returns why it cannot
   */
  piece(offset: Bytes, size: Bytes, until = this.#size): FaultReason | undefined {
    if (offset < 0 || size < 0 || offset + size > this.#size) return 'unmapped';
    if (offset >= this.#from && offset + size <= this.#to) {
      this.at = offset - this.#from;
      return undefined;
    }
    const ahead = Math.max(size, Math.min(this.#window, until - offset, this.#size - offset));
    const whole = this.#read(offset, ahead);
    // The read-ahead may touch what the dump lacks; the piece itself may still be there.
    return whole && ahead > size ? this.#read(offset, size) : whole;
  }

  #read(offset: Bytes, size: Bytes): FaultReason | undefined {
    const bytes = new Uint8Array(size);
    const fault = this.#program.memory.tryRead(addrAdd(this.#base, offset), bytes);
    if (fault) return fault;
    this.#bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.#from = offset;
    this.#to = offset + size;
    this.at = 0;
    return undefined;
  }
}
