import { MemoryFault } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { Disassembler, Instruction, InstructionSetName } from '../program/instruction.ts';

/** Machine code from memory, as far as it can be read. */
export interface Code {
  readonly address: Addr;
  readonly bytes: Uint8Array;
  /** Why it ends early. */
  readonly missing: MemoryFault | undefined;
}

const GRANULE = 4096n;

/** Up to `size` bytes at `at`. @param size checked by the caller @throws MemoryFault when not even the first can be read */
export function readCode(memory: AddressSpace, at: Addr, size: Bytes): Code {
  const bytes = new Uint8Array(size);
  let done = 0;
  while (done < size) {
    const from = at + BigInt(done);
    const piece = Math.min(Number(GRANULE - (from & (GRANULE - 1n))), size - done);
    const fault = memory.tryRead(from, bytes.subarray(done, done + piece));
    if (fault !== undefined) {
      const missing = new MemoryFault(from, fault, 'text');
      if (done === 0) throw missing;
      return { address: at, bytes: bytes.subarray(0, done), missing };
    }
    done += piece;
  }
  return { address: at, bytes, missing: undefined };
}

const SLICE = 1024;
const LONGEST = 24;

/**
 * At most `limit` instructions of `code`, decoded in slices. @param skip bytes that follow each `ud2` and are no code
 */
export function decodeCode(
  disassembler: Disassembler,
  set: InstructionSetName,
  { address, bytes }: Code,
  skip: Bytes,
  limit: number,
): readonly Instruction[] {
  if (skip === 0) {
    const wanted = Number.isFinite(limit) ? Math.min(bytes.length, limit * LONGEST) : bytes.length;
    return disassembler.disassemble(bytes.subarray(0, wanted), address, set).slice(0, limit);
  }
  const found: Instruction[] = [];
  let at = 0;
  while (at < bytes.length && found.length < limit) {
    const slice = bytes.subarray(at, at + SLICE);
    const last = at + slice.length === bytes.length;
    let used = 0;
    for (const insn of disassembler.disassemble(slice, address + BigInt(at), set)) {
      if (!last && slice.length - used < LONGEST) break;
      found.push(insn);
      used += insn.size;
      if (insn.mnemonic !== 'ud2') continue;
      used += skip;
      break;
    }
    at += used;
  }
  return found.slice(0, limit);
}
