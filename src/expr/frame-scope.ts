import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import { cpuRegisters } from '../kernel/cpu-registers.ts';
import { globalAddress } from '../kernel/global-address.ts';
import { perCpuOffset } from '../kernel/percpu.ts';
import { findTask } from '../kernel/task.ts';
import type { LocalVariable } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { Stack } from '../unwind/stack.ts';
import { unwindTask } from '../unwind/unwind-task.ts';
import type { Scope } from './scope.ts';
import { valueHistory } from './value-history.ts';

/** Names of registers that every CPU has, for its own. */
const GENERIC: Readonly<Record<string, 'pc' | 'sp'>> = { pc: 'pc', sp: 'sp' };

/**
 * The names that expressions may use in the innermost frame of a task: its registers and variables, the values printed
 * before, and per-CPU variables. The task is unwound only when a name asks for it.
 * @param task `struct task_struct *` @param frame of its stack, from 0
 */
export function frameScope(prog: Program, task: Addr | undefined, frame = 0): Scope {
  let stack: Stack | undefined;
  const frames = (): Stack => {
    stack ??= task === undefined ? NO_STACK : stackOf(prog, task);
    return stack;
  };
  const history = valueHistory(prog);
  return {
    history: (name) => history.find(name),
    register: (name) => registerOf(prog, frames(), frame, name),
    local: (name) =>
      task === undefined ? undefined : localsOf(prog, task, frames, frame).find((l) => l.name === name),
    perCpu: (address, cpu) => (isPerCpu(prog, address) ? addrAdd(address, perCpuOffset(prog, cpu)) : undefined),
  };
}

const NO_STACK: Stack = { frames: [], complete: false };

/** The stack of a task with every register that can be told. */
export function stackOf(prog: Program, task: Addr): Stack {
  const found = findTask(prog, task);
  if (!found?.active) return unwindTask(prog, task, { recover: true });
  const registers = cpuRegisters(prog, found.cpu);
  return unwindTask(prog, task, { cpu: found.cpu, recover: true, ...(registers && { registers }) });
}

function registerOf(prog: Program, stack: Stack, frame: number, name: string): bigint | undefined {
  const known = stack.frames[frame]?.known;
  if (!known) return undefined;
  const { registers, unwind } = prog.arch;
  const index = registers.indexOf(name);
  if (index >= 0) return known[index];
  const generic = Object.hasOwn(GENERIC, name) ? GENERIC[name] : undefined;
  return generic !== undefined && unwind ? known[unwind[generic]] : undefined;
}

/** Variables are looked for only where debug information tells them. */
function localsOf(prog: Program, task: Addr, frames: () => Stack, frame: number): readonly LocalVariable[] {
  if (!prog.has('locals')) return [];
  const all = frames().frames;
  const at = all[frame];
  if (!at || at.user) return [];
  const callers = all.slice(frame + 1).map((f) => ({ pc: f.pc, lookupPc: f.lookupPc, registers: f.known }));
  const cpu = findTask(prog, task)?.cpu;
  return prog.localsAt(at.lookupPc, { registers: at.known, callers, ...(cpu !== undefined && { cpu }) }) ?? [];
}

/** Whether an address is that of a per-CPU variable, before the offset of a CPU is added. */
export function isPerCpu(prog: Program, address: Addr): boolean {
  const start = globalAddress(prog, '__per_cpu_start');
  const end = globalAddress(prog, '__per_cpu_end');
  if (start !== undefined && end !== undefined) return address >= start && address < end;
  // Without the bounds in the symbol table: the section itself is freed after the CPUs got their copies.
  return prog.memory.tryRead(address, new Uint8Array(1)) !== undefined;
}
