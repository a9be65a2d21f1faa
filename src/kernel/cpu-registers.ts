import { AnalysisError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { RegisterValues, StackRange, UnwindSupport } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { perCpuOffset, presentCpus } from './percpu.ts';
import { currentTask } from './sched.ts';

/** `n_namesz`, `n_descsz`, `n_type` of an ELF note, then its name, padded to 4: `CORE` and a zero. */
const NOTE_HEADER = 12;
const CORE_NAME = 8;
const NT_PRSTATUS = 1;
const MAX_DESC = 4096;

/**
 * Where a CPU was when the dump was made, by the index of `Architecture.registers`; undefined when the dump does not
 * say. Notes carry no CPU number: QEMU writes one for each CPU, a crashed kernel only those of CPUs that answered, so a
 * note is given to the CPU whose current task's or own stack its stack pointer lies on.
 */
export function cpuRegisters(prog: Program, cpu: number): RegisterValues | undefined {
  return assigned(prog).get(cpu);
}

const assigned = perOwner((prog: Program): ReadonlyMap<number, RegisterValues> => {
  const result = new Map<number, RegisterValues>();
  const { unwind } = prog.arch;
  if (!unwind) return result;
  const cpus = cpuNumbers(prog);
  const notes: { values: RegisterValues; index: number }[] = [];
  const little = prog.image.littleEndian ?? prog.arch.littleEndian;
  prog.image.cpuNotes.forEach((desc, index) => {
    const values = unwind.prstatus(desc, little);
    if (values && !isEmpty(unwind, values)) notes.push({ values, index });
  });
  const left = new Set(notes);
  const give = (note: (typeof notes)[number], cpu: number | undefined) => {
    if (cpu === undefined || result.has(cpu)) return;
    result.set(cpu, note.values);
    left.delete(note);
  };
  const isOn = (note: (typeof notes)[number], cpu: number | undefined) =>
    cpu !== undefined && runsOn(prog, unwind, note.values, cpu);
  for (const note of notes) if (isOn(note, cpus[note.index])) give(note, cpus[note.index]);
  for (const note of [...left])
    give(
      note,
      cpus.find((cpu) => !result.has(cpu) && isOn(note, cpu)),
    );
  // What is in user space, or on a stack that is not known, can only go by its place.
  for (const note of [...left]) give(note, cpus[note.index]);
  for (const note of [...left])
    give(
      note,
      cpus.find((cpu) => !result.has(cpu)),
    );
  for (const cpu of cpus) {
    const values = result.has(cpu) ? undefined : savedByKernel(prog, unwind, cpu);
    if (values) result.set(cpu, values);
  }
  return result;
});

function isEmpty(unwind: UnwindSupport, values: RegisterValues): boolean {
  return !values[unwind.pc] && !values[unwind.sp];
}

/** The CPUs of the machine; as many as there are notes where the kernel's masks cannot be found or know fewer. */
function cpuNumbers(prog: Program): readonly number[] {
  const byNotes = prog.image.cpuNotes.map((_, index) => index);
  try {
    const present = presentCpus(prog);
    return present.length >= byNotes.length ? present : byNotes;
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return byNotes;
  }
}

/** Whether the stack pointer is on the stack of what `cpu` runs, or on one of that CPU's own. */
function runsOn(prog: Program, unwind: UnwindSupport, values: RegisterValues, cpu: number): boolean {
  if (unwind.isUser(prog, values)) return false;
  const sp = values[unwind.sp] ?? 0n;
  const holds = (range: StackRange) => sp > range.low && sp <= range.high;
  try {
    const task = currentTask(prog, cpu);
    if (task !== undefined && holds(unwind.taskStack(prog, task))) return true;
    return unwind.cpuStacks(prog, cpu).some(holds);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return false;
  }
}

/**
 * The note that the kernel itself keeps for `cpu` (`crash_notes`, a per-CPU buffer that `crash_save_cpu` fills): there
 * after a kexec, unfilled when a hypervisor made the dump.
 */
function savedByKernel(prog: Program, unwind: UnwindSupport, cpu: number): RegisterValues | undefined {
  try {
    const symbol = prog.findSymbol('crash_notes');
    if (!symbol) return undefined;
    const buffer = addrAdd(prog.memory.ulong(symbol.address), perCpuOffset(prog, cpu));
    const view = new DataView(prog.memory.bytes(buffer, NOTE_HEADER).buffer);
    const little = prog.arch.littleEndian;
    const size = view.getUint32(4, little);
    if (view.getUint32(0, little) !== 5 || view.getUint32(8, little) !== NT_PRSTATUS || size > MAX_DESC)
      return undefined;
    const desc = prog.memory.bytes(addrAdd(buffer, NOTE_HEADER + CORE_NAME), size);
    const values = unwind.prstatus(desc, little);
    return values && !isEmpty(unwind, values) ? values : undefined;
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return undefined;
  }
}
