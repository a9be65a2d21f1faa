import { attempt } from '../base/attempt.ts';
import { Lazy, perOwner } from '../base/lazy.ts';
import { modules } from '../kernel/module.ts';
import { panicFacts } from '../kernel/panic.ts';
import { preemptCount } from '../kernel/preempt-count.ts';
import { logRecords } from '../kernel/printk.ts';
import { findTask } from '../kernel/task.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { Program } from '../program/program.ts';
import { taskStackData } from '../report/task-stack.ts';
import type { Case } from './case.ts';
import { findCrashSite } from './crash-site.ts';
import { findFatalLine } from './fatal-log.ts';

/** Records from the fatal one on that belong to its report: an oops with registers, code and a deep trace has fewer. */
const REPORT = 400;

/** The case of a dump; one a program. */
export const openCase = perOwner((prog: Program): Case => new OpenCase(prog));

class OpenCase implements Case {
  readonly prog: Program;
  readonly #log = new Lazy(() => logRecords(this.prog).records);
  readonly #fatal = new Lazy(() => findFatalLine(this.log.map((r) => r.text)));
  readonly #fatalLines = new Lazy(() => this.#linesFrom(this.fatal?.index));
  readonly #crashed = new Lazy(() =>
    this.panic.task === undefined ? undefined : findTask(this.prog, this.panic.task),
  );
  readonly #unwound = new Lazy(() => this.crashed && taskStack(this.prog, this.crashed, { recover: true }));
  readonly #stack = new Lazy(
    () => this.crashed && this.unwound && taskStackData(this.prog, this.crashed, this.unwound),
  );
  readonly #place = new Lazy(
    () => this.stack && findCrashSite(this.stack, /lockup|stall/.test(this.fatal?.kind ?? '')),
  );
  readonly #count = new Lazy(() => {
    const { crashed, panic } = this;
    return crashed && attempt(() => preemptCount(this.prog, crashed.address, panic.cpu ?? crashed.cpu));
  });

  constructor(prog: Program) {
    this.prog = prog;
  }

  get panic(): Case['panic'] {
    return panicFacts(this.prog);
  }

  get log(): Case['log'] {
    return this.#log.get();
  }

  get fatal(): Case['fatal'] {
    return this.#fatal.get();
  }

  get fatalLines(): readonly string[] {
    return this.#fatalLines.get();
  }

  get crashed(): Case['crashed'] {
    return this.#crashed.get();
  }

  get unwound(): Case['unwound'] {
    return this.#unwound.get();
  }

  get stack(): Case['stack'] {
    return this.#stack.get();
  }

  get place(): Case['place'] {
    return this.#place.get();
  }

  get site(): Case['site'] {
    return this.place && this.stack?.frames[this.place.index];
  }

  get preemptCount(): Case['preemptCount'] {
    return this.#count.get();
  }

  get modules(): Case['modules'] {
    return modules(this.prog);
  }

  #linesFrom(first: number | undefined): string[] {
    return first === undefined ? [] : this.log.slice(first, first + REPORT).flatMap((r) => r.text.split('\n'));
  }
}
