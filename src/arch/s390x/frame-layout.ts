import type { Bytes } from '../../base/units.ts';
import type { Program } from '../../program/program.ts';

/**
 * `struct stack_frame`: what lies at a function's stack pointer. Its callee saves registers from r6 on there, the return
 * address among them. Source: S/390 ELF ABI supplement, "The Stack Frame"; kernels with CONFIG_PACK_STACK move both.
 */
export interface FrameLayout {
  readonly size: Bytes;
  readonly backChain: Bytes;
  /** Of r6. */
  readonly saved: Bytes;
}

export function frameLayout(prog: Program): FrameLayout {
  const size = prog.findType('stack_frame')?.size ?? 160;
  const backChain = prog.findMember('stack_frame', 'back_chain')?.offset ?? 0;
  const saved = prog.findMember('stack_frame', 'gprs')?.offset ?? 48;
  return { size, backChain, saved };
}
