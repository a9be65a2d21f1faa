import { attempt } from '../base/attempt.ts';
import { Lazy, perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import { modules } from '../kernel/module.ts';
import { panicFacts } from '../kernel/panic.ts';
import { preemptCount } from '../kernel/preempt-count.ts';
import { logRecords } from '../kernel/printk.ts';
import { type Referrers, referrers } from '../kernel/referrers.ts';
import { findTask } from '../kernel/task.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { Program } from '../program/program.ts';
import type { TaskStack } from '../report/stack-data.ts';
import { taskStackData } from '../report/task-stack.ts';
import { allocatorCall } from './allocator-calls.ts';
import type { Case } from './case.ts';
import { type CrashSite, findCrashSite } from './crash-site.ts';
import { examineObjects } from './examine-objects.ts';
import type { ExaminedObject } from './examined-object.ts';
import { explainCase } from './explain-case.ts';
import { findFatalLine } from './fatal-log.ts';
import { faultAddress } from './fault-address.ts';
import { loggedStack } from './logged-stack.ts';
import { isCutShort, wholeAddress } from './whole-address.ts';

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
  readonly #found = new Lazy(() => {
    const { crashed } = this;
    const unwound = crashed && taskStack(this.prog, crashed, { recover: true });
    const own = unwound && { ...this.#sited(taskStackData(this.prog, crashed, unwound)), unwound };
    if (own?.place) return own;
    const logged = loggedStack(this.prog, this.fatal?.dying);
    return logged ? { ...this.#sited(logged), unwound: undefined } : own;
  });
  readonly #count = new Lazy(() => {
    const { crashed, panic } = this;
    return crashed && attempt(() => preemptCount(this.prog, crashed.address, panic.cpu ?? crashed.cpu));
  });

  /** What a panic of the code's own leads to on its way down, a fault in a notifier, is not what it died of. */
  readonly #stated = new Lazy(() => (this.fatal?.kind === 'panic' ? undefined : faultAddress(this.fatalLines)));
  readonly #chain = new Lazy(() => this.#explained());
  readonly #allocator = new Lazy(() => this.stack && this.place && allocatorCall(this.stack.frames, this.place.index));
  readonly #objects = new Lazy(() =>
    this.unwound && this.place
      ? examineObjects(this.prog, this.unwound.frames, this.place.index, this.chain?.pointers)
      : [],
  );
  readonly #referrers = new Map<Addr, Lazy<Referrers>>();

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
    return this.#found.get()?.unwound;
  }

  get stack(): Case['stack'] {
    return this.#found.get()?.stack;
  }

  get place(): Case['place'] {
    return this.#found.get()?.place;
  }

  get site(): Case['site'] {
    return this.place && this.stack?.frames[this.place.index];
  }

  get preemptCount(): Case['preemptCount'] {
    return this.#count.get();
  }

  get fault(): Case['fault'] {
    const stated = this.#stated.get();
    return stated && isCutShort(this.prog, stated.address) ? wholeAddress(this.prog, stated, this.chain) : stated;
  }

  get chain(): Case['chain'] {
    return this.#chain.get();
  }

  get allocator(): Case['allocator'] {
    return this.#allocator.get();
  }

  get objects(): Case['objects'] {
    return this.#objects.get();
  }

  referrersOf(object: ExaminedObject): Referrers {
    let lazy = this.#referrers.get(object.address);
    if (!lazy) {
      lazy = new Lazy(() => objectReferrers(this.prog, object));
      this.#referrers.set(object.address, lazy);
    }
    return lazy.get();
  }

  get modules(): Case['modules'] {
    return modules(this.prog);
  }

  #sited(stack: TaskStack): { readonly stack: TaskStack; readonly place: CrashSite | undefined } {
    return { stack, place: findCrashSite(stack, /lockup|stall/.test(this.fatal?.kind ?? '')) };
  }

  /** Without a disassembler there is no explanation, and still a case. */
  #explained(): Case['chain'] {
    try {
      return explainCase(this, this.#stated.get());
    } catch (e) {
      this.prog.noteProblem('explanation of the fault', e);
      return undefined;
    }
  }

  #linesFrom(first: number | undefined): string[] {
    return first === undefined ? [] : this.log.slice(first, first + REPORT).flatMap((r) => r.text.split('\n'));
  }
}

/** Who points to an object or to what it is embedded in it: the inode of an `ext4_inode_info`. */
function objectReferrers(prog: Program, object: ExaminedObject): Referrers {
  const { address, identity, slab, type } = object;
  const values = identity && identity.address !== address ? [address, identity.address] : [address];
  const size = slab?.cache.size ?? Math.max(object.symbol?.size ?? 0, 8);
  return referrers(prog, { start: address, end: addrAdd(address, size), values, ...(type !== undefined && { type }) });
}
