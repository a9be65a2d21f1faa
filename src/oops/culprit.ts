import { isMachinery } from './skip-functions.ts';
import { isDispatcher } from './stall-anchors.ts';
import { titleName, titleNames } from './title-names.ts';
import { PILE_UPS, WAITING } from './wait-functions.ts';

/** Who is to blame: the names for the title, the best first. */
export type Culprit = readonly string[];

/** Functions of a stack that may be the cause. @param names innermost first */
function suspects(names: readonly string[], skip?: RegExp): string[] {
  return names.filter((n) => !isMachinery(n) && !skip?.test(n));
}

/** The first function that is not machinery; undefined when there is none. */
export function firstCulprit(names: readonly string[], skip?: RegExp): Culprit | undefined {
  const found = names.find((n) => !isMachinery(n) && !skip?.test(n));
  return found === undefined ? undefined : titleNames(found);
}

/** The function that a dispatcher called, the innermost dispatcher first. */
export function anchorCulprit(names: readonly string[], skip?: RegExp): Culprit | undefined {
  const busy = suspects(names, skip);
  const at = busy.findIndex((n) => isDispatcher(titleName(n)));
  if (at < 0) return undefined;
  const dispatcher = busy[at] as string;
  // who waits for other CPUs is the same case whatever they were to do
  if (dispatcher.includes('smp_call_function')) return ['smp_call_function', dispatcher];
  return titleNames(busy[Math.max(0, at - 1)] as string);
}

/** Interrupts by which the kernel notices that a CPU is stuck: what they interrupted is what it was busy with. */
const NOTICED_BY = /apic_timer_interrupt|^el1h_64_irq$/;
/** The same on other CPUs, and before 5.x. */
const OTHER_NOTICED_BY =
  /^(?:el1_irq|__irq_svc|gic_handle_irq|decrementer_common\w*|timer_interrupt|handle_riscv_irq|do_irq|ext_int_handler|io_int_handler|handle_loongarch_irq|end_repeat_nmi|asm_exc_nmi)$/;
const NOTICING = /apic_timer_interrupt|rcu/;

/** The same for what an interrupt interrupted, in the first stack that shows one. */
export function interruptedCulprit(stacks: readonly (readonly string[])[]): Culprit | undefined {
  for (const entry of [NOTICED_BY, OTHER_NOTICED_BY]) {
    for (const names of stacks) {
      const at = names.findIndex((n) => entry.test(n));
      if (at < 0) continue;
      const found = anchorCulprit(names.slice(at + 1), NOTICING);
      if (found) return found;
      break;
    }
  }
  return undefined;
}

/** What a sleeper sleeps for. */
export function waitCulprit(names: readonly string[], skip?: RegExp): Culprit | undefined {
  const stack = suspects(names, skip);
  for (const name of stack) {
    const pile = PILE_UPS.find((p) => p.names.test(titleName(name)));
    if (pile) return pile.title === undefined ? titleNames(name) : [...new Set([pile.title, name])];
  }
  const found = stack.find((n) => !WAITING.test(titleName(n)));
  return found === undefined ? undefined : titleNames(found);
}
