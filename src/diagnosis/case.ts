import type { FaultChain } from '../fault/chain.ts';
import type { Modules } from '../kernel/module.ts';
import type { PanicFacts } from '../kernel/panic.ts';
import type { PreemptCount } from '../kernel/preempt-count.ts';
import type { LogRecord } from '../kernel/printk.ts';
import type { Referrers } from '../kernel/referrers.ts';
import type { TaskRecord } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';
import type { FrameData, TaskStack } from '../report/stack-data.ts';
import type { Stack } from '../unwind/stack.ts';
import type { AllocatorCall } from './allocator-calls.ts';
import type { CrashSite } from './crash-site.ts';
import type { ExaminedObject } from './examined-object.ts';
import type { FatalLine } from './fatal-log.ts';
import type { FaultAddress } from './fault-address.ts';

/**
 * What the rules look at: the dump, and what has been found out about its death. Each part is made on the first question;
 * asking again costs nothing.
 */
export interface Case {
  readonly prog: Program;
  readonly panic: PanicFacts;
  /** The kernel's log, oldest first. */
  readonly log: readonly LogRecord[];
  /** The line of the log that begins the first report of what killed it. */
  readonly fatal: FatalLine | undefined;
  /** The lines of that report: from the fatal one on, to a bound. */
  readonly fatalLines: readonly string[];
  /** The task that the panicking CPU ran. */
  readonly crashed: TaskRecord | undefined;
  /** Its stack with the registers that callees saved, as far as they can be recovered. */
  readonly unwound: Stack | undefined;
  /** The same as data. Frames have the same indices. Where memory tells of none it is the one that the kernel printed. */
  readonly stack: TaskStack | undefined;
  /** Where in that stack it died, and in what context. */
  readonly place: CrashSite | undefined;
  /** The frame in which it died. */
  readonly site: FrameData | undefined;
  readonly preemptCount: PreemptCount | undefined;
  /** The access that the CPU could not do, by the log. */
  readonly fault: FaultAddress | undefined;
  /** The fault explained backwards; undefined where it was none, or its code cannot be read. */
  readonly chain: FaultChain | undefined;
  /** The allocator, when it died in it. */
  readonly allocator: AllocatorCall | undefined;
  /** The objects that the dying code worked with. */
  readonly objects: readonly ExaminedObject[];
  /** Who points to an object, by a search of bounded length. @throws AnalysisError */
  referrersOf(object: ExaminedObject): Referrers;
  readonly modules: Modules;
}
