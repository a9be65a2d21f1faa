import { FORCED } from './debug-doubts.ts';
import { digits, shortDigits } from './pad.ts';
import { machineRegisters, registerLayout, registerLines } from './register-lines.ts';
import { sourceText } from './source-text.ts';
import type { FrameData, TaskStack } from './stack-data.ts';
import { wordLines } from './stack-words.ts';

/** What of a stack is shown. */
export interface StackStyle {
  /** Without the `PID: ...` line. */
  readonly bare?: boolean;
  /** File and line under each frame, where known. */
  readonly lines?: boolean;
  /** `symbol+16` in decimal or hexadecimal, or `symbol+0x1/0x2`, instead of the bare name. */
  readonly offsets?: 'decimal' | 'hex' | 'of-size';
  /** Registers of exception frames; shown unless false. */
  readonly registers?: boolean;
  /** Only this many frames. */
  readonly limit?: number;
}

/** The line that names a task, as crash prints it over most of its answers. */
export function taskLine(task: Pick<TaskStack, 'pid' | 'task' | 'cpu' | 'comm'>): string {
  const pid = String(task.pid).padEnd(8);
  if (BigInt(task.task) === 0n)
    return `PID: ${pid} CPU: ${String(task.cpu).padEnd(3)}  COMMAND: "${task.comm}" (by the log)`;
  return `PID: ${pid} TASK: ${digits(task.task)}  CPU: ${String(task.cpu).padEnd(3)}  COMMAND: "${task.comm}"`;
}

/** A stack in crash's layout, one entry a line. */
export function stackLines(stack: TaskStack, style: StackStyle = {}): string[] {
  const out: string[] = [];
  if (!style.bare) out.push(taskLine(stack));
  let level = 0;
  let previous: FrameData | undefined;
  let shown = 0;
  let inlined: FrameData[] = [];
  const total = stack.frames.reduce((n, f) => (f.inlined ? n : n + 1), 0);
  let late: string[] = [];
  for (const [at, frame] of stack.frames.entries()) {
    if (frame.inlined) {
      inlined.push(frame);
      continue;
    }
    if (shown++ === (style.limit ?? total)) break;
    if (previous && leavesStack(previous, frame)) out.push(`--- <${stackTitle(previous.stack)} stack> ---`);
    previous = frame;
    const hidden = frame.registers !== undefined && style.registers !== false ? showRegisters(out, frame) : false;
    const calls = inlined;
    inlined = [];
    if (frame.stack === 'user' && frame.registers !== undefined) continue;
    if (!hidden) out.push(frameLine(frame, level++, style));
    if (style.lines) {
      for (const call of [...calls, frame]) if (call.file !== null) out.push(lineText(call), ...sourceOf(call));
    }
    out.push(...localLines(frame), ...late);
    late = [];
    if (entersException(stack.frames, at)) late = wordLines(frame.words ?? []);
    else out.push(...wordLines(frame.words ?? []));
  }
  const more = total - (style.limit ?? total);
  if (more > 0) out.push(`    ... ${more} more frames`);
  if (stack.stopped !== undefined) out.push(`    (the trace stops here: ${stack.stopped})`);
  return out;
}

/** Whether the next frame is one that an exception interrupted: its registers come before the words that hold them. */
function entersException(frames: readonly FrameData[], at: number): boolean {
  const next = frames.slice(at + 1, at + 20).find((f) => !f.inlined);
  return next?.registers !== undefined && next.stack === frames[at]?.stack;
}

/** `name = value` a line; those of a function that was inlined stand under its name. */
function localLines(frame: FrameData): string[] {
  const out: string[] = [];
  let current = frame.symbol;
  for (const local of frame.locals ?? []) {
    if (local.function !== current) out.push(`      in ${local.function}:`);
    current = local.function;
    out.push(
      `        ${local.name} = ${local.value ?? `<${local.why ?? 'not known'}>`}${local.doubt === undefined ? '' : FORCED}`,
    );
  }
  return out;
}

/** As crash prints it under a frame. */
function lineText(frame: FrameData): string {
  const inlined = frame.inlined ? ` (inlined ${frame.symbol ?? '?'})` : '';
  return `    ${frame.file}: ${frame.line ?? 0}${inlined}${frame.doubt === undefined ? '' : FORCED}`;
}

function sourceOf(frame: FrameData): string[] {
  return frame.source ? sourceText(frame.source, frame.line ?? 0).map((line) => `      ${line}`) : [];
}

/** Prints the registers; returns whether they stand for the frame, so that it is not numbered. */
function showRegisters(out: string[], frame: FrameData): boolean {
  const registers = machineRegisters(frame.registers ?? {}, frame.trust);
  const user = frame.stack === 'user';
  const exception = user ? undefined : registerLayout(registers)?.exception;
  if (exception !== undefined) {
    out.push(`    [exception ${exception}: ${frame.symbol === null ? 'unknown or invalid address' : place(frame)}]`);
  }
  out.push(...registerLines(registers, user, frame.registerSymbols));
  return exception !== undefined;
}

function place(frame: FrameData): string {
  return `${frame.symbol}+${frame.offset ?? 0}`;
}

function frameLine(frame: FrameData, level: number, style: StackStyle): string {
  const number = `#${level}`.padStart(3);
  const name = frame.symbol === null ? '(unknown)' : frame.symbol + offsetText(frame, style);
  const module = frame.module === null ? '' : ` [${frame.module}]`;
  if (frame.trust === 'log') return `${number} ${name}${module}${loggedPc(frame)}`;
  const doubt = frame.trust === 'scan' ? ' (from a scan of the stack)' : '';
  return `${number} [${digits(frame.sp)}] ${name} at ${shortDigits(shownPc(frame, style))}${module}${doubt}`;
}

/** What the kernel printed has no place on a stack, and an address only where the symbol table gives one. */
function loggedPc({ pc }: FrameData): string {
  return BigInt(pc) === 0n ? '' : ` at ${shortDigits(pc)}`;
}

/** The return address or, where debuggers of the CPU show it, the call before it; the kernel's own notation has the former. */
function shownPc({ pc, callLength }: FrameData, style: StackStyle): string {
  if (callLength === undefined || style.offsets === 'of-size') return pc;
  return `0x${(BigInt(pc) - BigInt(callLength)).toString(16).padStart(16, '0')}`;
}

function offsetText(frame: FrameData, style: StackStyle): string {
  if (style.offsets === undefined || frame.offset === null) return '';
  if (style.offsets !== 'of-size') {
    const offset = frame.offset - (frame.callLength ?? 0);
    return `+${style.offsets === 'hex' ? '0x' : ''}${offset.toString(style.offsets === 'hex' ? 16 : 10)}`;
  }
  return `+0x${frame.offset.toString(16)}${frame.size === null ? '' : `/0x${frame.size.toString(16)}`}`;
}

function leavesStack(inner: FrameData, outer: FrameData): boolean {
  return inner.stack !== outer.stack && outer.stack !== 'user' && inner.stack !== '' && outer.stack !== '';
}

/** How debuggers call the stacks that the kernel names shortly. */
const TITLES: Readonly<Record<string, string>> = {
  irq: 'IRQ',
  DF: 'DOUBLEFAULT exception',
  NMI: 'NMI exception',
  DB: 'DEBUG exception',
  MCE: 'MCE exception',
  VC: 'VC exception',
};

export function stackTitle(name: string): string {
  return TITLES[name] ?? name;
}
