import { BtfSection } from '../../src/debug/btf-section.ts';
import { BtfTypes } from '../../src/debug/btf-types.ts';
import { AddressSpace } from '../../src/memory/address-space.ts';
import type { BtfWriter } from './btf-writer.ts';
import { SparseMemory } from './sparse-memory.ts';

/** Memory that holds `bytes` from address 0x1000 on. */
export function memoryOf(bytes: Uint8Array, littleEndian = true): AddressSpace {
  const physical = new SparseMemory();
  physical.write(0x1000, bytes);
  return new AddressSpace(physical, (at) => ({ phys: Number(at), size: 4096 - Number(at % 4096n) }), littleEndian, 8);
}

/** The types of a written section, read back. */
export function btfTypes(writer: BtfWriter, base?: BtfTypes): BtfTypes {
  const bytes = writer.bytes();
  const memory = memoryOf(bytes, !writer.bigEndian);
  return new BtfTypes(new BtfSection(memory, 0x1000n, bytes.length, base?.section), 8, base);
}
