import type { LogLine } from '../log/log-line.ts';
import type { CallTrace, TraceContext, TraceFrame } from './call-trace.ts';
import { type PrintedFrame, parseCpuPlace, parseFrame } from './trace-frame.ts';
import { wildPlace } from './wild-place.ts';

/** What the lines of a report say of stacks. */
export interface ReportBody {
  readonly traces: readonly CallTrace[];
  /** Those that a line `Call Trace:` or the like stands before. */
  readonly headed: ReadonlySet<CallTrace>;
  /** Place of the CPU by its registers, before any trace: where it faulted. */
  readonly place?: PrintedFrame;
  /** The registers name no function: the CPU ran where no code is. */
  readonly nowhere: boolean;
  /** The place is named right behind the first line. */
  readonly placeIsNext: boolean;
  /** Functions that took the locks that the report complains of. */
  readonly lockPlaces: readonly string[];
  /** Functions that took the locks in its list of held ones. */
  readonly heldPlaces: readonly string[];
  /** No frame follows the first header of a trace. */
  readonly emptyFirst: boolean;
  /** A stack of an allocation or a free is announced, and not there. */
  readonly emptyMemory: boolean;
  /** Headers of call traces. */
  readonly headers: number;
}

const HEADER = /^\s*(?:Call [Tt]race:|Backtrace:|backtrace(?: \(crc [0-9a-f]+\))?:?\s*$|Call Trace \()/;
const MEMORY =
  /^\s*(?:Allocated(?: by task (\d+)|:)|Freed(?: by task (\d+)|:)|(?:INFO: |Slab )?(?:Allocated|Freed) in |allocated by task (\d+)|freed by task (\d+)|Uninit was|Local variable |Bytes? \d+|page last (?:allocated|free)|Last potentially|Second to last|The buggy address|kfence-#|Memory state|Object created|Uninitialized|Freeing stack|Alloc stack|Free stack)/;
const NAMED_MEMORY =
  /^\s*(?:Allocated|Freed|allocated|freed|INFO: |Slab |Uninit was (?:created|stored)|Local variable |page last|Last potentially|Second to last|Free stack|Alloc stack)/;
const CPU_OF_TRACE = /^(?:NMI backtrace for cpu |CPU: )(\d+)/;
const CONTEXT: Readonly<Record<string, TraceContext>> = {
  '<IRQ>': 'irq',
  '<EOI>': 'task',
  '</IRQ>': 'task',
  '<NMI>': 'nmi',
  '</NMI>': 'task',
  '<TASK>': 'task',
  '</TASK>': 'task',
  '<SOFTIRQ>': 'softirq',
  '</SOFTIRQ>': 'task',
};
const MARK = /^\s*(<\/?(?:IRQ|EOI|NMI|TASK|SOFTIRQ|#\w+|ENTRY_TRAMPOLINE)>|#\w+ stack)\s*/;
const ANNOUNCED = /^(?:Allocated|Freed)(?: by task \d+)?:|^Uninit was stored/;
/** Lines after which no frame belongs to the trace before. */
const ENDS = /^(?:---\[ end|Modules linked in|Kernel Offset|Showing all locks|Mem-Info|\s*$)/;
/** s390: behind it comes the place of the last jump, which is no frame. */
const LAST_JUMP = /^\s*Last Breaking-Event-Address:/;
/** What may stand between a header and its first frame. */
const SOON = 15;

/** Reads the stacks of a report. @param own the report's lines by its caller */
export function readBody(own: readonly LogLine[], from: number, stackOf?: RegExp): ReportBody {
  const reader = new BodyReader(stackOf);
  const stamps = own[from - 1]?.seconds !== undefined;
  for (let i = from; i < own.length; i++) {
    const line = own[i] as LogLine;
    // lines without a time stamp among lines that have one are from programs on the same console
    reader.line(line.text, i === from, line.seconds !== undefined || !stamps);
  }
  return reader.done();
}

interface OpenTrace {
  role: 'call' | 'memory';
  title: string;
  cpu: number | undefined;
  pid: number | undefined;
  frames: TraceFrame[];
  interrupted: number | undefined;
  user: boolean;
  waited: number;
  /** The kernel says that it has no stack. */
  absent: boolean;
  header: boolean;
}

const LOCK_PLACE =
  /[,)] at: (?:\[<[0-9a-f]+>\]\s+)?([^\s+]+)\+0x|^\s*\(\S.*\)(?:\{\S*\})?,? at: (?:\[<[0-9a-f]+>\] )?([^\s+]+)\+0x/;
/** Lines that name a function which is not a frame of the stack. */
const NOT_A_STACK =
  /^(?:Preemption disabled at:|irq event stamp|\{\S+\} state was registered at|the existing dependency|-> #\d|\.\.\. which became|which became|to a \S+-irq-unsafe)/;
const MAX_LOCKS = 64;

class BodyReader {
  readonly #traces: CallTrace[] = [];
  readonly #headed = new Set<CallTrace>();
  #place: PrintedFrame | undefined;
  #placeIsNext = false;
  #nowhere = false;
  /** The next frame is the place of a lock. */
  #lockNext = false;
  #emptyFirst = false;
  #emptyMemory = false;
  #headers = 0;
  #cpu: number | undefined;
  #open: OpenTrace | undefined;
  #context: TraceContext = 'task';
  /** What PowerPC's registers name as the caller, until the trace shows it. */
  #link: PrintedFrame | undefined;
  readonly #locks: string[] = [];
  readonly #held: string[] = [];
  /** Frames are of no stack until the next header. */
  #aside = false;

  readonly #stackOf: RegExp | undefined;

  constructor(stackOf: RegExp | undefined) {
    this.#stackOf = stackOf;
  }

  line(text: string, next: boolean, stamped: boolean): void {
    const mark = text.includes('<') || text.startsWith('#') ? MARK.exec(text) : null;
    let rest = text;
    if (mark) {
      this.#context = CONTEXT[mark[1] as string] ?? ((mark[1] as string).startsWith('</') ? 'task' : 'exception');
      rest = text.slice(mark[0].length);
      if (rest === '') return;
    }
    const frame = parseFrame(rest);
    if (frame) this.#frame(frame);
    else this.#other(rest, next, stamped);
  }

  #frame(frame: PrintedFrame): void {
    if (this.#lockNext) {
      this.#lockNext = false;
      this.#locks.push(frame.function);
      return;
    }
    if (this.#aside && !this.#open) return;
    this.#open ??= this.#begin('call', '', false);
    const { caller, ...own } = frame;
    const { frames } = this.#open;
    if (frames.length === 0) this.#pushLink();
    if (this.#link?.function === own.function && this.#link.offset === own.offset) return;
    if (!own.guess) this.#link = undefined;
    // the caller of the line before is this line's function, with the offset that this line does not print
    const last = frames.at(-1);
    if (caller && last?.function === own.function && last.offset !== undefined && own.offset === undefined)
      frames.pop();
    frames.push({
      ...(own.offset === undefined && last?.function === own.function ? last : own),
      context: this.#context,
    });
    if (caller) frames.push({ ...caller, context: this.#context });
  }

  #other(text: string, next: boolean, stamped: boolean): void {
    if (text.endsWith(' at:')) this.#lockNext = text.includes('release lock') || text.includes('contend lock');
    if (NOT_A_STACK.test(text)) {
      this.#close();
      this.#aside = true;
      if (this.#stackOf?.test(text)) this.#open = this.#begin('call', text.trim(), false);
      return;
    }
    const lock = text.includes(' at: ') ? LOCK_PLACE.exec(text) : null;
    if (lock) {
      const list = /^\s*#\d/.test(text) ? this.#held : this.#locks;
      if (list.length < MAX_LOCKS) list.push((lock[1] ?? lock[2]) as string);
      return;
    }
    if (text.startsWith('LR [')) {
      this.#linkRegister(parseFrame(text.slice(3)));
      return;
    }
    const place = parseCpuPlace(text);
    if (place) {
      const open = this.#open;
      if (open && open.frames.length > 0 && open.role === 'call' && (open.header || this.#place)) {
        if (text.startsWith('RIP') || /^\s*(?:PC is|pc :)/.test(text)) {
          open.interrupted ??= open.frames.length;
          open.frames.push({ ...place, context: this.#context });
        }
      } else if (!this.#place) {
        this.#place = place;
        this.#placeIsNext = next;
      }
      return;
    }
    if (wildPlace(text, this.#headers > 0) !== undefined) this.#nowhere = true;
    if (/^RIP: 0033:|^\s*RIP: 0023:/.test(text)) {
      if (this.#open) this.#open.user = true;
      return;
    }
    if (HEADER.test(text)) {
      this.#close();
      this.#aside = false;
      this.#headers++;
      this.#open = this.#begin('call', '', true);
      return;
    }
    if (LAST_JUMP.test(text)) {
      this.#close();
      this.#aside = true;
      return;
    }
    const memory = MEMORY.exec(text);
    if (memory) {
      this.#close();
      this.#aside = false;
      if (NAMED_MEMORY.test(text)) {
        this.#open = this.#begin('memory', text.trim(), false);
        const pid = memory[1] ?? memory[2] ?? memory[3] ?? memory[4];
        if (pid !== undefined) this.#open.pid = Number(pid);
      }
      return;
    }
    const cpu = CPU_OF_TRACE.exec(text);
    if (cpu) {
      if (text.startsWith('NMI')) this.#close();
      this.#cpu = Number(cpu[1]);
      return;
    }
    const open = this.#open;
    if (!open) return;
    if (text.includes('(stack is not available)')) open.absent = true;
    if (open.frames.length === 0 && open.header) {
      if (stamped && ++open.waited > SOON) this.#close();
    } else if (open.frames.length > 0 && (stamped || text.trim() !== '') && ENDS.test(text)) this.#close();
  }

  /**
   * PowerPC's traces lack the caller of a function that has not saved its return address, which the link register then
   * holds; later it holds an address in the function itself.
   */
  #linkRegister(link: PrintedFrame | undefined): void {
    const open = this.#open?.role === 'call' && this.#open.frames.length > 0 ? this.#open : undefined;
    const callee = open ? open.frames.at(-1) : this.#place;
    const wild = !callee && this.#nowhere && this.#headers === 0;
    if (!link || !(callee || wild) || link.function === callee?.function) return;
    this.#link = link;
    if (open) this.#pushLink();
  }

  #pushLink(): void {
    if (!this.#link || !this.#open) return;
    const frame = { ...this.#link, context: this.#context };
    this.#link = frame;
    this.#open.frames.push(frame);
  }

  #begin(role: 'call' | 'memory', title: string, header: boolean): OpenTrace {
    this.#context = 'task';
    return {
      role,
      title,
      cpu: this.#cpu,
      pid: undefined,
      frames: [],
      interrupted: undefined,
      user: false,
      waited: 0,
      absent: false,
      header,
    };
  }

  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    if (open.frames.length === 0) {
      if (open.header && !this.#traces.some((t) => t.role === 'call')) this.#emptyFirst = true;
      if (!open.header && !open.absent && ANNOUNCED.test(open.title)) this.#emptyMemory = true;
      return;
    }
    const trace: CallTrace = {
      role: open.role,
      title: open.title,
      ...(open.cpu !== undefined && { cpu: open.cpu }),
      ...(open.pid !== undefined && { pid: open.pid }),
      frames: open.frames,
      ...(open.interrupted !== undefined && { interrupted: open.interrupted }),
      ...(open.user && { endsInUser: true as const }),
    };
    this.#traces.push(trace);
    if (open.header) this.#headed.add(trace);
  }

  done(): ReportBody {
    this.#close();
    return {
      traces: this.#traces,
      headed: this.#headed,
      ...(this.#place && { place: this.#place }),
      nowhere: this.#nowhere,
      placeIsNext: this.#placeIsNext,
      lockPlaces: this.#locks,
      heldPlaces: this.#held,
      emptyFirst: this.#emptyFirst,
      emptyMemory: this.#emptyMemory,
      headers: this.#headers,
    };
  }
}
