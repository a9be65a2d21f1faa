import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { perCpu, perCpuOffset, possibleCpus } from './percpu.ts';

/** CSD_FLAG_LOCK: the target has not run the function yet. include/linux/smp_types.h */
const LOCKED = 1;

/** A call on other CPUs that has not been answered by all. */
export interface PendingCall {
  /** `call_single_data_t *` of the first that has not answered. */
  readonly address: Addr;
  /** CPUs that have not answered. */
  readonly cpus: readonly number[];
}

/**
 * What a CPU in smp_call_function_many or _single waits for, by the requests in its per-CPU data.
 * @throws NotFoundError MemoryFault
 */
export function pendingCall(prog: Program, cpu: number): PendingCall | undefined {
  const flags = prog.offset('__call_single_data', 'node.u_flags', 'flags');
  const isLocked = (csd: Addr): boolean => (prog.memory.u32(addrAdd(csd, flags)) & LOCKED) !== 0;
  // Where the member is `pcpu`, the request is the first of struct cfd_percpu.
  const member = prog.offset('call_function_data', 'csd', 'pcpu');
  const base = prog.memory.ulong(addrAdd(perCpu(prog, 'cfd_data', cpu), member));
  const places = possibleCpus(prog).map((target) => ({ target, csd: addrAdd(base, perCpuOffset(prog, target)) }));
  const waiting = places.filter(({ csd }) => isKernelPointer(prog, csd) && isLocked(csd));
  const first = waiting[0];
  if (first) return { address: first.csd, cpus: waiting.map((w) => w.target) };
  const single = perCpu(prog, 'csd_data', cpu);
  const target = prog.findMember('__call_single_data', 'node.dst');
  if (!target || !isLocked(single)) return undefined;
  return { address: single, cpus: [prog.memory.u16(addrAdd(single, target.offset))] };
}
