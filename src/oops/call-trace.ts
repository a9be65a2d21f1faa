import type { PrintedFrame } from './trace-frame.ts';

/** Which stack a part of a trace lies on, by the kernel's marks (`<IRQ>`, `<NMI>`, `<#DF>`) or by its frames. */
export type TraceContext = 'task' | 'irq' | 'softirq' | 'nmi' | 'exception';

/** One line of a call trace. Function names are as printed, compiler suffixes and all. */
export interface TraceFrame extends PrintedFrame {
  readonly context: TraceContext;
}

/** A stack that a report shows. */
export interface CallTrace {
  /** `call`: of a CPU or task; `memory`: where an object was allocated, freed, made or stored. */
  readonly role: 'call' | 'memory';
  /** The kernel's words before it: `Allocated by task 12:`; empty for a plain call trace. */
  readonly title: string;
  readonly cpu?: number;
  readonly pid?: number;
  /** Innermost first. */
  readonly frames: readonly TraceFrame[];
  /** Index of the first frame of whatever an interrupt or exception interrupted; undefined when none did. */
  readonly interrupted?: number;
  /** The stack goes down to user space. */
  readonly endsInUser?: true;
}
