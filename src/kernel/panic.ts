import { AnalysisError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { nrCpuIds } from './cpumask.ts';
import { type LogCrash, logCrash } from './panic-log.ts';
import { logRecords } from './printk.ts';
import { currentTask } from './sched.ts';
import { findTask, makeActive } from './task.ts';

/** What is known of the end of the kernel. */
export interface PanicFacts {
  /** `struct task_struct *` of the task that the panicking CPU ran; also when it died in an interrupt. */
  readonly task?: Addr;
  readonly cpu?: number;
  /** The log's last word: `Kernel panic - not syncing: ...`, else the line with which its last report began. */
  readonly message?: string;
  /** The first line of the report that led to the panic: `BUG: kernel NULL pointer dereference, address: ...`. */
  readonly cause?: string;
  /** How CPU and task were determined, and what speaks against it; for people. */
  readonly how: string;
}

/** Functions in which a CPU that died is found, for dumps whose kernel does not say which one did. */
const DEATH = new Set(['panic', 'vpanic', 'crash_kexec', '__crash_kexec', 'machine_kexec', 'die', 'oops_end']);

/**
 * The CPU and the task that brought the kernel down: by the kernel's own note (`panic_cpu`, `crashing_cpu`), the log and
 * the registers in the dump, held against each other. Never throws for damage.
 */
export const panicFacts = perOwner((prog: Program): PanicFacts => {
  const log = logCrash(logRecords(prog).records);
  const texts = {
    ...(log.message !== undefined && { message: log.message }),
    ...(log.cause !== undefined && { cause: log.cause }),
  };
  const noted = notedCpu(prog);
  if (noted) return { ...texts, ...describe(prog, noted.cpu, noted.how, log) };
  if (log.panicked && log.cpu !== undefined) return { ...texts, ...describe(prog, log.cpu, 'the log', log) };
  const caught = cpuCaughtDying(prog);
  if (caught !== undefined) return { ...texts, ...describe(prog, caught, 'the registers in the dump', log) };
  if (log.panicked) return { ...texts, how: 'the log tells of a panic, but nothing tells on which CPU' };
  return { ...texts, how: 'no panic: the dump was taken of a running system' };
});

/** The CPU that the kernel itself noted: -1 is PANIC_CPU_INVALID (include/linux/panic.h). */
function notedCpu(prog: Program): { cpu: number; how: string } | undefined {
  // crashing_cpu is x86's, set when another kernel takes over (kexec).
  for (const name of ['panic_cpu', 'crashing_cpu']) {
    const cpu = attempt(() => {
      const symbol = prog.findSymbol(name);
      return symbol && prog.memory.i32(symbol.address);
    });
    if (cpu !== undefined && cpu >= 0 && cpu < (attempt(() => nrCpuIds(prog)) ?? 8192)) return { cpu, how: name };
  }
  return undefined;
}

/** The task of the CPU, by its run queue; by the log's pid where that cannot be read. */
function describe(prog: Program, cpu: number, source: string, log: LogCrash): Omit<PanicFacts, 'message' | 'cause'> {
  const doubts: string[] = [];
  const current = currentTask(prog, cpu);
  let task = current === undefined ? undefined : findTask(prog, current);
  let how = `CPU by ${source}`;
  if (task) how += ', task by its run queue';
  else if (log.pid !== undefined && log.pid > 0) {
    task = findTask(prog, log.pid);
    if (task) {
      how += ", task by the log's pid";
      // without a run queue nothing else says that it ran, and its stack begins at the CPU's registers
      if (current === undefined && task.cpu === cpu) makeActive(prog, task);
    }
  }
  if (log.cpu !== undefined && log.cpu !== cpu) doubts.push(`the log's last report is from CPU ${log.cpu}`);
  else if (log.pid !== undefined && task && task.pid !== log.pid) {
    doubts.push(`the log's last report names pid ${log.pid} (${log.comm})`);
  } else if (log.pid !== undefined && task) how += ', and the log agrees';
  if (!task) doubts.push('its task cannot be read');
  if (doubts.length > 0) how += `; but ${doubts.join(', and ')}`;
  const address = task?.address ?? current;
  return { cpu, ...(address !== undefined && { task: address }), how };
}

/** The CPU whose registers in the dump stand in the last steps of a panic. */
function cpuCaughtDying(prog: Program): number | undefined {
  const unwind = prog.arch.unwind;
  if (!unwind) return undefined;
  const little = prog.image.littleEndian ?? prog.arch.littleEndian;
  const cpu = prog.image.cpuNotes.findIndex((note) => {
    const pc = unwind.prstatus(note, little)?.[unwind.pc];
    const name = pc === undefined ? undefined : attempt(() => prog.symbolAt(pc)?.name);
    return name !== undefined && DEATH.has(name);
  });
  return cpu < 0 ? undefined : cpu;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return undefined;
  }
}
