import type { CrashReport } from '../../report/crash-report.ts';

/** A function that a fix would touch. */
export interface BlamedFunction {
  readonly name: string;
  /** 10: it is where it died or what the first finding blames; less, the farther away it is. */
  readonly weight: number;
  /** Source file below the tree, where debug information told it. */
  readonly file?: string;
}

const MOST = 12;
/** What a stack passes through whatever the bug is: entry, interrupts, scheduling, dying, threads. */
const PASSAGE =
  /^(?:v?panic\w*|oops_\w+|die\w*|__die\w*|do_trap|do_error_trap|exc_\w+|asm_\w+|sysvec_\w+|__?do_softirq|handle_softirqs|_{0,4}irq_exit\w*|rcu_do_batch|rcu_core\w*|rcu_process_callbacks|kthread|ret_from_\w+|entry_\w+|do_syscall_\w+|x64_sys_call|__(?:x64|arm64|se|do)_sys_\w+|el[01]\w*|invoke_syscall\w*|gic_\w+|handle_domain_irq\w*|__schedule|schedule\w*|worker_thread|process_one_work|process_scheduled_works|delay_\w+|__const_udelay|dump_stack\w*|page_fault_oops|do_user_addr_fault|do_page_fault|handle_mm_fault|__handle_mm_fault|do_mem_abort|do_translation_fault|vfs_\w+|ksys_\w+|bad_area\w*|no_context|kernfs_fop_\w+|call_timer_fn|run_timer_softirq|crash_kexec|__crash_kexec|machine_kexec|stop_this_cpu|panic_on_\w+|check_panic_on_warn|sysrq_handle_\w+|__handle_sysrq|write_sysrq_trigger|watchdog|check_hung_uninterruptible_tasks|report_bug|handle_bug|fixup_bug|bug_handler|brk_handler)$/;

/** Whether a function stands in stacks whatever the bug is. */
export function passesThrough(name: string): boolean {
  return PASSAGE.test(name);
}

/** Functions to look for, the most blamed first: of findings, of the place where it died, and of the frames around it. */
export function blamedFunctions(report: CrashReport): BlamedFunction[] {
  const found = new Map<string, BlamedFunction>();
  const add = (raw: string | null | undefined, weight: number, file?: string | null): void => {
    const name = plainName(raw ?? '');
    if (!/^[A-Za-z_]\w{2,79}$/.test(name) || PASSAGE.test(name)) return;
    const known = found.get(name);
    const path = known?.file ?? sourceFile(file);
    found.set(name, { name, weight: Math.max(weight, known?.weight ?? 0), ...(path !== undefined && { file: path }) });
  };
  for (const [i, f] of report.findings.entries()) {
    const weight = f.severity === 'cause' ? Math.max(6, 10 - 2 * i) : f.severity === 'suspect' ? 4 : 0;
    if (weight > 0) add(f.subject?.function, weight);
  }
  add(report.crash.function, 9, report.crash.file);
  for (const { symbol, file, distance } of framesAround(report)) add(symbol, Math.max(2, 9 - distance), file);
  return [...found.values()].sort((a, b) => b.weight - a.weight).slice(0, MOST);
}

/** Frames from the place of the death outwards, the inlined calls there with it. */
function* framesAround({
  stack,
  crash,
}: CrashReport): Iterable<{ symbol: string | null; file: string | null; distance: number }> {
  const frames = stack?.frames ?? [];
  const site = frames.findIndex((f) => !f.inlined && f.pc === crash.pc);
  if (site < 0) return;
  let first = site;
  while (frames[first - 1]?.inlined) first--;
  let distance = 0;
  for (const frame of frames.slice(first, first + 40)) {
    if (frame.stack === 'user') return;
    yield { symbol: frame.symbol, file: frame.file, distance };
    if (!frame.inlined) distance++;
    if (distance > 7) return;
  }
}

/** Without what compilers append: `.isra.0`, `.cold`. */
function plainName(name: string): string {
  return name.replace(/\.(?:isra|constprop|part|cold|llvm|lto_priv)\b.*$/, '');
}

/** The path within the kernel's tree. */
function sourceFile(path: string | null | undefined): string | undefined {
  const found =
    /(?:^|\/)((?:arch|block|crypto|drivers|fs|include|init|io_uring|ipc|kernel|lib|mm|net|rust|security|sound|virt)\/[\w./+-]+\.(?:c|h|S|rs))$/.exec(
      path ?? '',
    )?.[1];
  return found?.includes('..') ? undefined : found;
}
