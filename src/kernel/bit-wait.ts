import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { pageFlagNames } from './page-flags.ts';
import { slabAt } from './slab-object.ts';
import type { QueuedWait } from './wait-queue-entry.ts';
import type { WaitResource } from './wait-resource.ts';

/** A wait for one bit: of a page, of a buffer, of an inode. */
export type BitWait = Pick<WaitResource, 'address' | 'type' | 'state' | 'kind'>;

/**
 * What an entry of one of the hashed tables of wait queues waits for, by the key that lies beside it on the stack; undefined
 * for entries of other queues. Many tasks share a queue of these tables that wait for different things.
 * @throws NotFoundError MemoryFault
 */
export function bitWait(prog: Program, { entry, wake }: QueuedWait): BitWait | undefined {
  if (wake === 'wake_page_function') return pageWait(prog, entry);
  if (wake === 'wake_bit_function' || wake === 'var_wake_function') return keyedWait(prog, entry, wake);
  return undefined;
}

/** `struct wait_page_queue`: the page is a folio since v5.16. */
function pageWait(prog: Program, entry: Addr): BitWait | undefined {
  const queue = addrAdd(entry, -prog.offset('wait_page_queue', 'wait'));
  const address = prog.memory.ulong(addrAdd(queue, prog.offset('wait_page_queue', 'folio', 'page')));
  const bit = prog.memory.u32(addrAdd(queue, prog.offset('wait_page_queue', 'bit_nr')));
  if (!isKernelPointer(prog, address) || bit > 63) return undefined;
  const flags = prog.memory.ulong(addrAdd(address, prog.offset('page', 'flags.f', 'flags')));
  const name = pageFlagNames(prog, 1n << BigInt(bit))[0] ?? `bit ${bit}`;
  return { kind: 'page', address, type: 'page', state: `${name} flags=${hex(flags)}` };
}

/** `struct wait_bit_queue_entry`: the word and the bit, or a variable where bit_nr is -1. */
function keyedWait(prog: Program, entry: Addr, wake: string): BitWait | undefined {
  const keyed = addrAdd(entry, -prog.offset('wait_bit_queue_entry', 'wq_entry'));
  const word = prog.memory.ulong(addrAdd(keyed, prog.offset('wait_bit_queue_entry', 'key.flags')));
  const bit = prog.memory.u32(addrAdd(keyed, prog.offset('wait_bit_queue_entry', 'key.bit_nr'))) | 0;
  if (word < prog.kernelStart || bit > 63) return undefined;
  const value = hex(prog.memory.u32(word & ~3n));
  if (wake === 'var_wake_function' || bit < 0)
    return { kind: 'bit', address: word, type: '', state: `variable ${value}` };
  const name = attempt(() => bufferBit(prog, word, bit));
  const prefix = name === undefined ? '' : `${name}: `;
  return { kind: 'bit', address: word, type: '', state: `${prefix}bit ${bit} of ${value}` };
}

/** Name of a bit of `buffer_head.b_state`: enum bh_state_bits, include/linux/buffer_head.h. */
function bufferBit(prog: Program, word: Addr, bit: number): string | undefined {
  const hit = slabAt(prog, word);
  const start = hit?.slab.cache.name === 'buffer_head' ? hit.object : undefined;
  if (start === undefined || word - start !== BigInt(prog.offset('buffer_head', 'b_state'))) return undefined;
  return [...enumerators(prog, 'bh_state_bits')].find(([, value]) => value === bit)?.[0];
}
