import { attempt } from '../base/attempt.ts';
import { hex64 } from '../base/hex.ts';
import type { TraceContext, TraceFrame } from '../oops/call-trace.ts';
import type { OopsReport } from '../oops/oops-report.ts';
import { stackOfReport } from '../oops/report-stack.ts';
import type { PrintedFrame } from '../oops/trace-frame.ts';
import { wildPlace } from '../oops/wild-place.ts';
import type { Program } from '../program/program.ts';
import type { FrameData, TaskStack } from '../report/stack-data.ts';

/** Names of the stacks of a trace's parts. */
const STACKS: Readonly<Record<TraceContext, string>> = {
  task: 'task',
  irq: 'irq',
  softirq: 'irq',
  nmi: 'NMI',
  exception: 'exception',
};
/** More frames than a kernel prints. */
const MOST = 400;

/**
 * The stack that the kernel printed when it died, for a dump whose tasks cannot be read: without types, or with lost memory.
 * Addresses of its frames come from the symbol table where the name is in it once with that size; of its registers, from the
 * log. Undefined when the log has none.
 */
export function loggedStack(prog: Program, report: OopsReport | undefined): TaskStack | undefined {
  if (!report) return undefined;
  const nowhere = report.place ? undefined : placeOutsideCode(report);
  const printed = stackOfReport(report).filter((f) => !f.guess && !f.inlined);
  if (printed.length === 0 && !nowhere) return undefined;
  const { reporter, place } = report;
  const trace = report.traces.find((t) => t.role === 'call');
  const outer = trace?.interrupted === undefined ? undefined : trace.frames[trace.interrupted];
  const frames = printed.slice(0, MOST).map((f, i) => {
    const trapped = i === 0 && place !== undefined;
    return { ...frameOf(prog, f, trapped || f === outer), ...(trapped && registersOf(report)) };
  });
  return {
    pid: reporter.pid ?? 0,
    comm: reporter.comm ?? '',
    task: hex64(0n),
    cpu: reporter.cpu ?? 0,
    frames: nowhere ? [nowhere, ...frames] : frames,
    stopped: 'it is the one that the kernel printed: the task could not be read from memory',
  };
}

/** The frame of a CPU that ran into nothing. */
function placeOutsideCode(report: OopsReport): FrameData | undefined {
  const trace = report.lines.findIndex((line) => /^Call [Tt]race:/.test(line));
  const own = trace < 0 ? report.lines : report.lines.slice(0, trace); // behind it Power has the registers of user space
  const at = own.map((line) => wildPlace(line, false)).find((found) => found !== undefined);
  if (at === undefined) return undefined;
  const { registers } = registersOf(report);
  return {
    ...{ pc: hex64(at), symbol: null, offset: null, size: null, module: null, inlined: false },
    ...{ file: null, line: null, column: null, trust: 'log', stack: 'task', sp: hex64(0n), interrupted: true },
    ...(registers && { registers }),
  };
}

function frameOf(prog: Program, f: PrintedFrame & Partial<TraceFrame>, interrupted: boolean): FrameData {
  return {
    pc: hex64(addressOf(prog, f) ?? 0n),
    symbol: f.function,
    offset: f.offset ?? null,
    size: f.size ?? null,
    module: f.module ?? null,
    inlined: false,
    file: f.file ?? null,
    line: f.line ?? null,
    column: null,
    trust: 'log',
    stack: STACKS[f.context ?? 'task'],
    sp: hex64(0n),
    interrupted,
  };
}

function addressOf(prog: Program, { function: name, offset = 0, size, module, address }: PrintedFrame) {
  if (address !== undefined && address.length === 16) return BigInt(`0x${address}`);
  if (module !== undefined) return undefined;
  const symbol = attempt(() => prog.findSymbol(name));
  return symbol && symbol.size === size ? symbol.address + BigInt(offset) : undefined;
}

/** The registers of the trap as the log has them, by the CPU's names. */
function registersOf(report: OopsReport): Pick<FrameData, 'registers'> & Partial<Pick<FrameData, 'pc'>> {
  const registers: Record<string, string> = {};
  for (const [name, value] of Object.entries(report.registers)) {
    if (value.length === 16) registers[name] = `0x${value}`;
  }
  const pc = registers.pc ?? registers.epc ?? registers.nip;
  return { ...(pc !== undefined && { pc }), ...(Object.keys(registers).length > 0 && { registers }) };
}
