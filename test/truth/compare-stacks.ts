import type { AddressesOf, FrameAnswer, StackAnswer } from './answers.ts';
import { Check } from './check.ts';
import { type ConsoleText, section } from './console.ts';
import { fatalTrace, type KernelFrame, parseFrame } from './kernel-trace.ts';

const PANIC = /^(panic|vpanic)$/;
const DUMP = /^(dump_stack|dump_stack_lvl|__dump_stack|show_stack|dump_backtrace)$/;
/** riscv: where a CPU goes from the task's stack to its interrupt stack. */
const LEAVES_STACK = /^call_on_irq_stack$/;

/**
 * loongarch64: a function that makes room of a random size. The kernel's unwinder, which reads prologues, does not know of it
 * and takes whatever words it then meets for return addresses, or ends.
 */
const LOST_BEHIND = /^do_syscall$/;
const BEHIND_IT = /^handle_syscall$/;

/** The kernel's frames as far as its unwinder is right. */
function untilLost(frames: readonly KernelFrame[]): KernelFrame[] {
  const lost = frames.findIndex((f) => LOST_BEHIND.test(f.symbol));
  return lost < 0 ? [...frames] : frames.slice(0, lost + 1);
}

function framesOf(stack: StackAnswer): FrameAnswer[] {
  return stack.frames.filter((f) => !f.inlined);
}

function describe(frame: FrameAnswer | undefined): string {
  if (!frame) return '(nothing)';
  if (!frame.symbol) return frame.pc;
  const at = `${frame.symbol}+0x${(frame.offset ?? 0).toString(16)}/0x${(frame.size ?? 0).toString(16)}`;
  return frame.module ? `${at} [${frame.module}]` : at;
}

/** Same text, or the same address under another name: the kernel names a return address after a noreturn call wrongly. */
function sameFrame(kernel: KernelFrame, ours: FrameAnswer | undefined, addressesOf: AddressesOf): boolean {
  if (!ours) return false;
  if (describe(ours) === kernel.text.replace(/ \([A-Z]+\)$/, '')) return true;
  if (kernel.symbol.startsWith('0x')) return BigInt(kernel.symbol) === BigInt(ours.pc);
  // of a data symbol the kernel prints a size below zero
  if (ours.symbol === kernel.symbol && kernel.size < 2 ** 63) return false;
  const wanted = BigInt(ours.pc) - BigInt(kernel.offset);
  return addressesOf(kernel.symbol, kernel.module).includes(wanted);
}

/** The crashed task's stack against the Call Trace that the kernel printed when it died. */
export function compareCrashStack(
  console: ConsoleText,
  stack: StackAnswer | undefined,
  addressesOf: AddressesOf,
): Check {
  const check = new Check('crash stack');
  const trace = fatalTrace(console.kernel);
  if (!trace) return check;
  const ours = stack ? framesOf(stack) : [];
  const whole = trace.frames.slice(trace.frames.findLastIndex((f) => DUMP.test(f.symbol)) + 1);
  let expected = untilLost(whole);
  if (expected.length === 0) {
    check.explain("the kernel's own trace has no function: it went where no code is, or its stack pointer was lost");
    return check;
  }
  let at: number;
  if (PANIC.test(expected[0]?.symbol ?? '')) {
    // panic() went on after it printed its trace, so only the function is the same
    const panic = expected[0] as KernelFrame;
    at = ours.findIndex((f) => f.symbol === panic.symbol);
    check.expect(at >= 0, () => `no frame in ${panic.symbol}`);
    expected = expected.slice(1);
    at++;
  } else {
    at = ours.findIndex((f) => sameFrame(expected[0] as KernelFrame, f, addressesOf));
  }
  if (at < 0) at = ours.length;
  let overflowed = false;
  for (const [i, frame] of expected.entries()) {
    if (frame.doubtful && !sameFrame(frame, ours[at], addressesOf)) continue;
    // riscv's unwinder leaves out the caller of a function that was hit where it has no frame; the registers tell it
    if (i === 1 && trace.returnsTo && !sameFrame(frame, ours[at], addressesOf)) {
      const { returnsTo } = trace;
      const mine = ours[at];
      if (check.expect(sameFrame(returnsTo, mine, addressesOf), () => `ra ${returnsTo.text}, here ${describe(mine)}`))
        at++;
    }
    // nor does it tell apart what an overflow interrupted
    if (trace.interrupted && sameFrame(trace.interrupted, ours[at], addressesOf)) {
      overflowed = check.expect(true, () => '');
      at++;
    }
    let mine = ours[at++];
    if (
      mine?.trust === 'registers' &&
      !sameFrame(frame, mine, addressesOf) &&
      sameFrame(frame, ours[at], addressesOf)
    ) {
      check.explain(`${describe(mine)} called a function that had no frame yet: the kernel shows none or a guess`);
      mine = ours[at++];
    }
    check.expect(sameFrame(frame, mine, addressesOf), () => `kernel ${frame.text}, here ${describe(mine)}`);
  }
  if (expected.length <= 1 && trace.guessed > 0) {
    check.explain("the kernel's own unwinder gave up here: every further line of its trace is a guess");
    return check;
  }
  const lost = LOST_BEHIND.test(expected.at(-1)?.symbol ?? '');
  if (lost && expected.at(-1) !== whole.at(-1)) check.explain("the kernel's own unwinder went on into stale words");
  const more = ours.slice(at).filter((f) => f.symbol && !(lost && BEHIND_IT.test(f.symbol)));
  if (more.length > 0 && (overflowed || LEAVES_STACK.test(expected.at(-1)?.symbol ?? ''))) {
    check.explain("the kernel's own unwinder ends where another stack begins");
    return check;
  }
  if (more[0]?.trust === 'scan' && more.every((f) => trace.guesses.includes(describe(f)))) {
    check.explain(
      "the kernel's own unwinder ends where the stack is written over; what is found beyond says that it is from a scan",
    );
    return check;
  }
  check.expect(more.length === 0, () => `frames below the kernel's last: ${more.map(describe).join(', ')}`);
  return check;
}

/**
 * Power kernels begin with what stands where `_switch`, which calls nobody, would have saved its return address: left over.
 */
function listed(lines: readonly string[]): readonly string[] {
  return /^\[<0>\] __switch_to\+/.test(lines[1] ?? '') ? lines.slice(1) : lines;
}

/** What tells whether a task ran after the guest had listed its stack. */
export type RanSince = (pid: number) => boolean;

/**
 * Every sleeping task's stack against its /proc/PID/stack. That file leaves out the scheduler's own functions.
 * @param scheduler whether a pc lies in the kernel's `.sched.text`
 */
export function compareTaskStacks(
  console: ConsoleText,
  stacks: ReadonlyMap<number, StackAnswer>,
  active: ReadonlySet<number>,
  scheduler: (pc: bigint) => boolean,
  ranSince: RanSince,
  addressesOf: AddressesOf,
): Check {
  const check = new Check('task stacks');
  for (const name of console.sections.keys()) {
    const pid = Number(/^stack (\d+)/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid) || active.has(pid)) continue;
    const lines = listed(section(console, name));
    const whole = lines.map((l) => parseFrame(l.replace(/^\[<0>\] /, ''))).filter((f) => f !== undefined);
    if (whole.length === 0 || whole.length !== lines.length) continue; // running, a zombie, or torn by a log line
    const kernel = untilLost(whole);
    const stack = stacks.get(pid);
    const ours = stack ? framesOf(stack).filter((f) => f.symbol && !scheduler(BigInt(f.pc))) : [];
    if (LOST_BEHIND.test(kernel.at(-1)?.symbol ?? '') && BEHIND_IT.test(ours.at(-1)?.symbol ?? '')) ours.pop();
    const wrong = kernel.length !== ours.length || kernel.some((f, i) => !sameFrame(f, ours[i], addressesOf));
    if (!wrong && kernel.length < whole.length) check.explain(`${name}: the kernel went on into stale words`);
    else if (!wrong) check.expect(true, () => '');
    else if (ranSince(pid)) check.explain(`${name}: it ran after it was listed`);
    else {
      const mine = ours.map(describe).join(' < ');
      check.expect(false, () => `${name}: kernel ${kernel.map((f) => f.text).join(' < ')}, here ${mine}`);
    }
  }
  return check;
}
