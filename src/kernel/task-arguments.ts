import { decodeUtf8 } from '../base/text.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { Program } from '../program/program.ts';

/** More than this of one kind is not read: the kernel allows a process 6 MiB. */
const MAX_BYTES = 1 << 20;

/** What a process was started with. */
export interface TaskArguments {
  readonly args: readonly string[];
  readonly environment: readonly string[];
}

/**
 * Command line and environment from the memory of the process.
 * @param mm `struct mm_struct *` @throws MemoryFault, also where a filter left user memory out of the dump
 */
export function taskArguments(prog: Program, mm: Addr): TaskArguments {
  const at = (member: string): Addr => prog.memory.ulong(addrAdd(mm, prog.offset('mm_struct', member)));
  const user = prog.userMemory(at('pgd'));
  return {
    args: strings(user, at('arg_start'), at('arg_end')),
    environment: strings(user, at('env_start'), at('env_end')),
  };
}

function strings(user: AddressSpace, start: Addr, end: Addr): string[] {
  const size = end > start ? Number(end - start) : 0;
  const bytes = new Uint8Array(Math.min(size, MAX_BYTES));
  user.read(start, bytes);
  const text = decodeUtf8(bytes).replace(/\0+$/, '');
  return text === '' ? [] : text.split('\0');
}
