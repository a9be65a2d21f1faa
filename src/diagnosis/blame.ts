import type { FindingSubject } from '../report/finding.ts';
import type { FrameData } from '../report/stack-data.ts';
import { bareName } from './allocator-calls.ts';
import type { Case } from './case.ts';

/** Where a frame is in memory; undefined when only the name is known, because the kernel printed no more. */
export function frameAddress(frame: FrameData): bigint | undefined {
  const pc = BigInt(frame.pc);
  return pc === 0n && frame.symbol !== null ? undefined : pc;
}

/** `make_and_break [module]`, or the address where no symbol is. */
export function frameName(frame: FrameData | undefined): string {
  if (!frame) return '?';
  return `${frame.symbol ?? frame.pc}${frame.module === null ? '' : ` [${frame.module}]`}`;
}

/** Function and module of a frame, for a finding. */
export function frameSubject(frame: Pick<FrameData, 'symbol' | 'module'> | undefined): FindingSubject {
  if (!frame) return {};
  return {
    ...(frame.symbol !== null && { function: bareName(frame.symbol) }),
    ...(frame.module !== null && { module: frame.module }),
  };
}

/** The frame that called the allocator in which it died, else the one of death. */
export function callerFrame(of: Case): FrameData | undefined {
  const caller = of.allocator?.caller;
  return caller === undefined ? of.site : of.stack?.frames[caller];
}

/** Functions that run callbacks after a grace period (kernel/rcu/tree.c, tiny.c; rcu_process_callbacks until v4.20). */
const RCU =
  /^(?:rcu_do_batch|rcu_core(?:_si)?|rcu_process_callbacks|rcu_cblist_\w+|srcu_invoke_callbacks|rcu_nocb_kthread|nocb_cb_wait)$/;

/** Whether an RCU callback freed it: by the functions around the call of the allocator. */
export function inRcuCallback(of: Case): boolean {
  const from = of.place?.index ?? 0;
  return (of.stack?.frames ?? []).slice(from, from + 8).some((f) => RCU.test(bareName(f.symbol ?? '')));
}

export function isRcuCore(frame: FrameData | undefined): boolean {
  return RCU.test(bareName(frame?.symbol ?? ''));
}
