import type { KernelLine } from './console.ts';

/** A frame as the kernel prints it: `symbol+0x12/0x34 [module]`. */
export interface KernelFrame {
  readonly symbol: string;
  readonly offset: number;
  readonly size: number;
  readonly module?: string;
  readonly text: string;
  /** The kernel is not sure of it: what stood in the link register, or where a function that calls none would save it. */
  readonly doubtful?: true;
}

/** One backtrace of the console, without its `?` lines. */
export interface KernelTrace {
  readonly frames: readonly KernelFrame[];
  /** The function that the trap registers name (`RIP:`, `pc :`), when the trace belongs to a trap. */
  readonly faulted: boolean;
  readonly pid?: number;
  /** Where the trapping function's return address register leads, when that was printed: its caller, unless it called. */
  readonly returnsTo?: KernelFrame;
  /** Where a trap was before this trace, when that was printed apart. */
  readonly interrupted?: KernelFrame;
  /** How many lines carry a `?`: found by scanning the stack, not by unwinding. */
  readonly guessed: number;
  /** Those marked `?`, without the mark. */
  readonly guesses: readonly string[];
  readonly line: number;
}

const FRAME =
  /^(?:\[<[0-9a-f]+>\] )?(?:\[[0-9a-f]{16}\] )*([^\s+?]+)\+0x([0-9a-f]+)\/0x([0-9a-f]+)(?: \[([^\s\]]+)(?: [0-9a-f]+)?\])?(?: \([A-Z]+\)| \(unreliable\))?\s*$/;
/** riscv prints where it trapped, and the register that holds the return address, by their functions. */
const INTERRUPTED = /^epc : (\S+\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[[^\]]+\])?)$/;
const RETURNS_TO = /^ra : (\S+\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[[^\]]+\])?)$/;
/** A line of riscv's traces, which after a trap's registers have no heading. */
const ADDRESSED = /^\[<[0-9a-f]{16}>\] /;
/** arm64 prints `pc : ` too, but its trace begins with that frame by itself. */
const TRAP = /^(?:RIP: 0010:|NIP \[[c-f][0-9a-f]{15}\] )(.*)$/;
/** Power: the function that called last, which may still be running. */
const LINK = /^LR \[[c-f][0-9a-f]{15}\] (.*)$/;
const USER = /^(?:RIP: 0033:|NIP \[0)/;
const END =
  /^(---\[ end|Kernel panic|Code: [0-9a-f]{8} |Modules linked in|CR2: |Kernel Offset|SMP: stopping|CPU: |Mem-Info|Last Breaking-Event-Address|<\/TASK>)/;

/** Parses `symbol+0x12/0x34 [module]`; undefined for anything else. */
export function parseFrame(text: string): KernelFrame | undefined {
  const m = FRAME.exec(text.trim());
  if (!m) return undefined;
  const frame = {
    symbol: m[1] as string,
    offset: Number.parseInt(m[2] as string, 16),
    size: Number.parseInt(m[3] as string, 16),
  };
  const doubtful = /\(unreliable\)$/.test(text.trim());
  const plain = text.trim().replace(/^\[<[0-9a-f]+>\] |^(?:\[[0-9a-f]{16}\] )+| \(unreliable\)$/g, '');
  return { ...frame, ...(m[4] ? { module: m[4] } : {}), text: plain, ...(doubtful && { doubtful }) };
}

function linkFrame(line: string): KernelFrame[] {
  const frame = parseFrame(LINK.exec(line)?.[1] ?? '');
  return frame ? [{ ...frame, doubtful: true }] : [];
}

/**
 * The backtraces of a console, in order. A trace that follows a trap's registers starts with the trapping function. On
 * x86-64 a `RIP:` line inside a trace is the frame that was interrupted; `RIP: 0033:` is user mode and ends it.
 */
function kernelTraces(lines: readonly KernelLine[]): KernelTrace[] {
  const traces: KernelTrace[] = [];
  let trapped: KernelFrame[] | undefined;
  let returnsTo: KernelFrame | undefined;
  let interrupted: KernelFrame | undefined;
  let pid: number | undefined;
  for (let i = 0; i < lines.length; i++) {
    const text = (lines[i] as KernelLine).text.trim();
    if (/^Last Breaking-Event-Address:/.test(text)) i++; // s390x: a place behind it that is no frame
    const who = /^CPU: \d+ (?:UID: \d+ )?PID: (\d+)/.exec(text);
    if (who) {
      pid = Number(who[1]);
      trapped = undefined;
    }
    const trap = TRAP.exec(text);
    if (trap) trapped = [trapFrame(trap[1] as string)].filter((f) => f !== undefined);
    trapped?.push(...linkFrame(text));
    const back = RETURNS_TO.exec(text);
    if (back) returnsTo = parseFrame(back[1] as string);
    const place = INTERRUPTED.exec(text);
    if (place) interrupted = parseFrame(place[1] as string);
    const headless = ADDRESSED.test(text);
    if (!headless && !/^Call [Tt]race:$/.test(text)) continue;
    if (headless) i--;
    const line = i;
    const frames: KernelFrame[] = trapped ? [...trapped] : [];
    let guessed = 0;
    const guesses: string[] = [];
    for (i++; i < lines.length; i++) {
      const next = (lines[i] as KernelLine).text.trim();
      if (END.test(next) || USER.test(next)) break;
      // s390x has brackets for the mark, and prints what is no code as it stands
      if (next.startsWith('? ') || next.startsWith('([<') || /^\[<[0-9a-f]+>\] 0x[0-9a-f]+$/.test(next)) guessed++;
      if (next.startsWith('? ')) guesses.push(next.slice(2));
      const inner = TRAP.exec(next);
      const frame = inner ? trapFrame(inner[1] as string) : parseFrame(next);
      const repeated = inner && frames.length === 1 && trapped?.[0]?.text === frame?.text;
      if (frame && !repeated) frames.push(frame);
      frames.push(...linkFrame(next));
    }
    traces.push({
      ...{ frames, guessed, guesses, faulted: trapped !== undefined, line },
      ...(pid !== undefined && { pid }),
      ...(headless && returnsTo && { returnsTo }),
      ...(!headless && interrupted && { interrupted }),
    });
    trapped = undefined;
    returnsTo = undefined;
    interrupted = undefined;
    i--;
  }
  return traces;
}

/**
 * The trace that the kernel died with: the one that panic() printed, else the last one before the panic.
 * `undefined` when the console holds none.
 */
export function fatalTrace(lines: readonly KernelLine[]): KernelTrace | undefined {
  const traces = kernelTraces(lines);
  const panic = lines.findIndex((l) => /Kernel panic - not syncing/.test(l.text));
  if (panic < 0) return traces.at(-1);
  // a warning on the way down has a trace of its own
  const warned = lines.findIndex((l, i) => i > panic && /\[ cut here \]/.test(l.text));
  return (
    traces.find((t) => t.line > panic && (warned < 0 || t.line < warned)) ?? traces.findLast((t) => t.line < panic)
  );
}

/** A bare address (a jump to nowhere) is a frame too; the kernel prints it as `0x0` or `0xffff...`. */
function trapFrame(text: string): KernelFrame | undefined {
  const frame = parseFrame(text);
  if (frame) return frame;
  const bare = /^(0x[0-9a-f]+)/.exec(text);
  return bare ? { symbol: bare[1] as string, offset: 0, size: 0, text: bare[1] as string } : undefined;
}
