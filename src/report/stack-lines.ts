import { FORCED } from './debug-doubts.ts';
import { digits, shortDigits } from './pad.ts';
import { registerLayout, registerLines } from './register-lines.ts';
import { sourceText } from './source-text.ts';
import type { FrameData, TaskStack } from './stack-data.ts';

/** What of a stack is shown. */
export interface StackStyle {
  /** Without the `PID: ...` line. */
  readonly bare?: boolean;
  /** File and line under each frame, where known. */
  readonly lines?: boolean;
  /** `symbol+0x1/0x2` instead of the bare name. */
  readonly offsets?: boolean;
  /** Registers of exception frames; shown unless false. */
  readonly registers?: boolean;
  /** Only this many frames. */
  readonly limit?: number;
}

/** The line that names a task, as crash prints it over most of its answers. */
export function taskLine(task: Pick<TaskStack, 'pid' | 'task' | 'cpu' | 'comm'>): string {
  const pid = String(task.pid).padEnd(8);
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
  for (const frame of stack.frames) {
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
    out.push(...localLines(frame));
    for (const w of frame.words ?? []) out.push(`    ${digits(w.address)}: ${w.values.map(digits).join(' ')} `);
  }
  const more = total - (style.limit ?? total);
  if (more > 0) out.push(`    ... ${more} more frames`);
  if (stack.stopped !== undefined) out.push(`    (the trace stops here: ${stack.stopped})`);
  return out;
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
  const registers = frame.registers ?? {};
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
  const doubt = frame.trust === 'scan' ? ' (from a scan of the stack)' : '';
  return `${number} [${digits(frame.sp)}] ${name} at ${shortDigits(frame.pc)}${module}${doubt}`;
}

function offsetText(frame: FrameData, style: StackStyle): string {
  if (!style.offsets || frame.offset === null) return '';
  return `+0x${frame.offset.toString(16)}${frame.size === null ? '' : `/0x${frame.size.toString(16)}`}`;
}

function leavesStack(inner: FrameData, outer: FrameData): boolean {
  return inner.stack !== outer.stack && outer.stack !== 'user' && inner.stack !== '' && outer.stack !== '';
}

function stackTitle(name: string): string {
  return name === 'irq' ? 'IRQ' : name;
}
