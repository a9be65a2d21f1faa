import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { logText } from './log-text.ts';
import { perCpu, possibleCpus } from './percpu.ts';

const MAX_TEXT: Bytes = 1 << 16;

/** A buffer that a CPU fills where it must not use the log: in NMIs, and inside printk itself. */
export interface PrintkSafeBuffer {
  /** `nmi_print_seq` or `safe_print_seq`. */
  readonly name: string;
  readonly cpu: number;
  /** `struct printk_safe_seq_buf *` */
  readonly address: Addr;
  readonly lost: number;
  readonly length: Bytes;
  readonly text: string;
}

/**
 * The buffers of every CPU with what was not handed to the log yet. Empty in kernels that have none: they came with
 * commit 42a0bb3f7138 ("printk/nmi: generic solution for safe printk in NMI", v4.7) and went with 93d102f094be
 * ("printk: remove safe buffers", v5.15). @throws MemoryFault
 */
export function printkSafeBuffers(prog: Program): PrintkSafeBuffer[] {
  const found: PrintkSafeBuffer[] = [];
  if (!prog.findType('printk_safe_seq_buf')) return found;
  const at = (member: string): Bytes => prog.offset('printk_safe_seq_buf', member);
  const room = prog.findMember('printk_safe_seq_buf', 'buffer')?.type.size ?? 0;
  for (const name of ['nmi_print_seq', 'safe_print_seq']) {
    if (!prog.findSymbol(name)) continue;
    for (const cpu of possibleCpus(prog)) {
      const address = perCpu(prog, name, cpu);
      const length = Math.min(prog.memory.u32(addrAdd(address, at('len'))), room, MAX_TEXT);
      const bytes = prog.memory.bytes(addrAdd(address, at('buffer')), length);
      const lost = prog.memory.u32(addrAdd(address, at('message_lost')));
      found.push({ name, cpu, address, lost, length, text: logText(bytes, 0, length) });
    }
  }
  return found;
}
