import { isMachinery, isStrictMachinery } from './skip-functions.ts';
import { DISPATCHERS } from './stall-anchors.ts';
import { WAITING } from './wait-functions.ts';

/** The first function that is not machinery; undefined when there is none. @param names innermost first */
export function firstCulprit(names: readonly string[], skip?: RegExp): string | undefined {
  return (
    names.find((n) => !isMachinery(n) && !skip?.test(n)) ?? names.find((n) => !isStrictMachinery(n) && !skip?.test(n))
  );
}

/** Interrupts that only let the kernel notice that a CPU is stuck: what they interrupted is what it was busy with. */
const NOTICED_BY =
  /^(?:\w*apic_timer_interrupt\w*|sysvec_\w+|asm_sysvec_\w+|local_apic_timer_interrupt|el[01]t?_?(?:64_)?irq\w*|el1h_64_irq\w*|gic_handle_irq|arch_timer_handler\w*|handle_percpu_devid_irq|__irq_svc|end_repeat_nmi|nmi|asm_exc_nmi|exc_nmi|reschedule_interrupt|call_function_\w*interrupt|timer_interrupt|decrementer_common\w*|ret_from_intr|common_interrupt\w*|asm_common_interrupt|handle_riscv_irq|do_irq|handle_irq|ext_int_handler|io_int_handler|ext_no_vtime|vectors_irq|handle_loongarch_irq)$/;
/** A stack that begins in these was printed from within the interrupt. */
const PRINTING = /^(?:_?_?dump_|show_|sched_show_task|nmi_|arch_trigger|rcu_dump|lr_|watchdog_)/;

/** The function that a dispatcher called, innermost dispatcher first. */
export function anchorCulprit(names: readonly string[]): string | undefined {
  const entry = names.slice(0, 4).some((n) => PRINTING.test(n)) ? names.findIndex((n) => NOTICED_BY.test(n)) : -1;
  let from = entry < 0 ? 0 : entry + 1;
  while (from < names.length && NOTICED_BY.test(names[from] as string)) from++;
  const busy = names.slice(from);
  const many = busy.find((n) => /^smp_call_function\w*$/.test(n));
  if (many) return many;
  for (let i = 1; i < busy.length; i++) {
    const inner = busy[i - 1] as string;
    const passes = i > 1 && DISPATCHERS.test(inner);
    if (DISPATCHERS.test(busy[i] as string) && !passes && !isMachinery(inner)) return inner;
  }
  return undefined;
}

/** What a sleeper sleeps for. */
export function waitCulprit(names: readonly string[]): string | undefined {
  return (
    names.find((n) => /^(?:synchronize_(?:rcu|sched|net)\w*|rtnl_lock\w*)$/.test(n)) ??
    names.find((n) => !WAITING.test(n) && !isMachinery(n))
  );
}
