import { vmcoreinfoText } from '../../base/vmcoreinfo-text.ts';
import type { PhysicalMemory } from '../../memory/physical.ts';

/** `vmcore_info` of the lowcore at absolute address 0: where the note is. Source: Linux arch/s390/include/asm/lowcore.h. */
const AT_NOTE = 0xe0c;
/** `n_namesz`, `n_descsz`, `n_type`, and the name `VMCOREINFO`, padded to 4 bytes. */
const HEADER = 12;
const NAME = 'VMCOREINFO\0\0';
const MOST = 0x10000;

/** VMCOREINFO by the lowcore, where the kernel leaves its address for dump tools. */
export function s390Vmcoreinfo(memory: PhysicalMemory): string | undefined {
  const word = read(memory, AT_NOTE, 8);
  if (!word) return undefined;
  const address = Number(word.getBigUint64(0, false));
  const head = Number.isSafeInteger(address) && address !== 0 ? read(memory, address, HEADER + NAME.length) : undefined;
  if (!head || head.getUint32(0, false) !== NAME.length - 1) return undefined;
  for (let i = 0; i < NAME.length; i++) if (head.getUint8(HEADER + i) !== NAME.charCodeAt(i)) return undefined;
  const size = Math.min(head.getUint32(4, false), MOST);
  const desc = read(memory, address + HEADER + NAME.length, size);
  return desc && vmcoreinfoText(new Uint8Array(desc.buffer));
}

function read(memory: PhysicalMemory, at: number, size: number): DataView | undefined {
  const bytes = new Uint8Array(size);
  return memory.read(at, bytes) === undefined ? new DataView(bytes.buffer) : undefined;
}
