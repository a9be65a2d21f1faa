import { addrAdd } from '../../base/u64.ts';
import type { InterruptVector } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';

const VECTORS = 256;
/** A gate in 64-bit mode: Intel SDM, volume 3, section 7.14.1 ("64-Bit Mode IDT"). */
const GATE_SIZE = 16;

/** The gates of `idt_table`. @throws NotFoundError MemoryFault */
export function x86InterruptVectors(prog: Program): readonly InterruptVector[] {
  const table = prog.symbol('idt_table');
  const found: InterruptVector[] = [];
  for (let vector = 0; vector < VECTORS; vector++) {
    const gate = addrAdd(table, vector * GATE_SIZE);
    const low = prog.memory.u64(gate);
    const high = prog.memory.u32(addrAdd(gate, 8));
    // Offset bits 15:0 in bytes 0-1, 31:16 in bytes 6-7, 63:32 in bytes 8-11.
    const handler = (low & 0xffffn) | ((low >> 32n) & 0xffff0000n) | (BigInt(high) << 32n);
    found.push({ vector, handler });
  }
  return found;
}
