import type { FaultReason } from '../base/errors.ts';
import type { Bytes, PhysAddr } from '../base/units.ts';

/** Contiguous physical memory in one buffer; read-only, valid as long as somebody holds it. */
export interface Chunk {
  /** Physical address of `bytes[0]`. */
  readonly start: PhysAddr;
  readonly bytes: Uint8Array;
  /** Over the same bytes. */
  readonly view: DataView;
}

/** Half-open range of physical addresses. */
export interface PhysRange {
  readonly start: PhysAddr;
  readonly end: PhysAddr;
}

/** The physical memory of a dump. An implementation bounds what it caches. */
export interface PhysicalMemory {
  /**
   * The bytes around `at`, as many as come cheaply, at least up to the next 4 KiB boundary or the end of what the dump
   * has there; or why there are none.
   */
  chunk(at: PhysAddr): Chunk | FaultReason;
  /** Fills `into` from `at`; on a fault the reason, and what `into` then holds is undefined. */
  read(at: PhysAddr, into: Uint8Array): FaultReason | undefined;
  /** What the machine had as memory, ascending and disjoint; pages inside may still be excluded. */
  ranges(): readonly PhysRange[];
  /** Memory that is in a damaged dump and of which nobody knows where it was, at addresses that no machine has. */
  unplaced?(): readonly PhysRange[];
}

/** Builds a chunk over a buffer. */
export function chunkOf(start: PhysAddr, bytes: Uint8Array): Chunk {
  return { start, bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** `read` of a memory that has only `chunk`: piece by piece. */
export function readByChunks(
  memory: Pick<PhysicalMemory, 'chunk'>,
  at: PhysAddr,
  into: Uint8Array,
): FaultReason | undefined {
  let done: Bytes = 0;
  while (done < into.length) {
    const chunk = memory.chunk(at + done);
    if (typeof chunk === 'string') return chunk;
    const from = at + done - chunk.start;
    const n = Math.min(into.length - done, chunk.bytes.length - from);
    if (n <= 0) return 'not-in-dump';
    into.set(chunk.bytes.subarray(from, from + n), done);
    done += n;
  }
  return undefined;
}
