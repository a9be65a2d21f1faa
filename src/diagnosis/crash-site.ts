import type { FrameData, TaskStack } from '../report/stack-data.ts';

/** Functions in which a kernel dies, or its other CPUs are stopped. What they call (delays, and interrupts meanwhile) says nothing about the crash. */
const DYING =
  /^(?:stop_this_cpu|local_cpu_stop|ipi_cpu_stop|ipi_cpu_crash_stop|crash_nmi_callback|cpu_park_loop|v?panic|check_panic_on_warn|add_taint|bad_page|__warn|warn_slowpath_\w+|report_bug\w*|nmi_panic|__?crash_kexec|crash_kexec|machine_kexec|die|__die|die_addr|die_kernel_fault|oops_end|page_fault_oops|no_context|bad_area_nosemaphore|panic_bad_stack|handle_bad_stack|kernel_stack_overflow)(?:\.\w+)*$/;
/** Those of them that only an exception leads to. */
const FAULT =
  /^(?:report_bug\w*|die|__die|die_addr|die_kernel_fault|oops_end|page_fault_oops|no_context|panic_bad_stack|handle_bad_stack|kernel_stack_overflow)(?:\.\w+)*$/;

/** KASAN's report of an access that its code found wrong, and the checks that lead to it (mm/kasan/report.c, generic.c, common.c, shadow.c). */
const CHECKED =
  /^(?:end_report|kasan_report\w*|print_report|__asan_\w+|_{0,2}kasan_(?!quarantine)\w+|check_slab_(?:free|allocation)|(?:check_page|poison_slab|____kasan_slab)_\w+)(?:\.\w+)*$/;
const REPORT = /^(?:end_report|kasan_report\w*)(?:\.\w+)*$/;

/** Names of the code that a CPU enters on an interrupt, on NMI, and on a fault. */
const INTERRUPT =
  /sysvec|_interrupt\b|common_interrupt|(?:ext|io)_int_handler|(?:el[01]\w*|vectors|handle_arch)_f?irq|ret_from_intr|reschedule_ipi|irq_entries|^do_irq$|^(?:do|handle)_vint$/;
/** The code that a RISC-V CPU enters on anything; what it calls tells. */
const ANY_ENTRY = /^handle_exception$/;
const NMI = /(?:^|_)nmi(?:$|_)|sdei|end_repeat_nmi|serror|mcck_int_handler/;

/** Frames that serve a softirq. */
const SOFTIRQ =
  /^(?:__do_softirq|handle_softirqs|__softirqentry_text_start|____do_softirq|do_softirq_own_stack|run_ksoftirqd)(?:\.\w+)*$/;

export type ContextKind = 'process' | 'softirq' | 'hardirq' | 'nmi' | 'unknown';

/** Where and in what context a task died, as far as its stack tells. */
export interface CrashSite {
  /** Index of the frame where it died. */
  readonly index: number;
  readonly context: ContextKind;
  /** The frame that an interrupt interrupted, when the context is not process. */
  readonly interrupted?: FrameData;
}

/** @param stuck the kernel was found looping, so that the interrupted function is the culprit */
export function findCrashSite(stack: TaskStack, stuck: boolean): CrashSite | undefined {
  const { frames } = stack;
  const index = siteIndex(frames, stuck);
  if (index === undefined) return undefined;
  return { index, ...contextAt(frames, index) };
}

function siteIndex(frames: readonly FrameData[], stuck: boolean): number | undefined {
  if (frames[0]?.trust === 'log' && frames[0].interrupted) return 0; // what a trap's registers name
  const dying = frames.findLastIndex((f) => f.symbol !== null && DYING.test(f.symbol));
  const fault = frames.slice(0, dying + 1).some((f) => f.symbol !== null && FAULT.test(f.symbol));
  const interrupted = frames.findIndex((f, i) => i > dying && f.interrupted);
  if ((fault || stuck) && interrupted >= 0 && frames[interrupted]?.stack !== 'user') return interrupted;
  const own = frames.findIndex((f, i) => i > dying && f.stack !== 'user');
  return own < 0 ? undefined : beyondChecks(frames, own);
}

/** Where the code stands whose access was reported: the compiler has it call the checks. */
function beyondChecks(frames: readonly FrameData[], from: number): number {
  if (!REPORT.test(frames[from]?.symbol ?? '')) return from;
  const own = frames.findIndex((f, i) => i > from && !CHECKED.test(f.symbol ?? ''));
  return own < 0 || frames[own]?.stack === 'user' ? from : own;
}

/** What the code did that stands right above an interrupted frame. */
function entryKind(entry: FrameData | undefined): 'nmi' | 'interrupt' | 'fault' {
  const name = entry?.symbol ?? '';
  if (NMI.test(name)) return 'nmi';
  return INTERRUPT.test(name) ? 'interrupt' : 'fault';
}

function contextAt(frames: readonly FrameData[], from: number): { context: ContextKind; interrupted?: FrameData } {
  let softirq = false;
  for (let i = from; i < frames.length; i++) {
    const frame = frames[i] as FrameData;
    if (frame.symbol !== null && SOFTIRQ.test(frame.symbol)) softirq = true;
    const outer = frames[i + 1];
    if (!outer?.interrupted) continue;
    const kind = entryKind(ANY_ENTRY.test(frame.symbol ?? '') ? frames[i - 1] : frame);
    if (kind === 'fault') continue; // a page fault of a task is process context still
    return { context: softirq ? 'softirq' : kind === 'nmi' ? 'nmi' : 'hardirq', interrupted: outer };
  }
  return { context: softirq ? 'softirq' : 'process' };
}
