import type { ByteSource } from '../base/byte-source.ts';
import { UsageError } from '../base/errors.ts';
import type { Bytes, PhysAddr } from '../base/units.ts';
import { findVmcoreinfo } from '../program/find-vmcoreinfo.ts';
import type { DumpFormat } from '../program/ports.ts';
import { Vmcoreinfo } from '../program/vmcoreinfo.ts';
import { ramImage } from './ram-image.ts';
import { ramStart } from './ram-start.ts';
import { SegmentMemory } from './segment-memory.ts';

const PAGE = 4096;
const SMALLEST: Bytes = 0x800000;
/** Pages looked at all over the file, to tell memory from a file of zeros before it is searched. */
const SAMPLES = 512;

/**
 * Raw memory: the bytes of RAM and nothing else (QEMU's `pmemsave`, VMware's .vmem, `dd`, LiME's format=padded). No magic tells it,
 * so it is asked last: a file is one when a kernel's VMCOREINFO text lies in it. The file begins at address 0, or where
 * the kernel's image lies where that text says.
 */
export const rawMemory: DumpFormat = {
  name: 'raw memory',
  summary: "QEMU's pmemsave, VMware's .vmem without its .vmss, LiME (format=padded): found by the kernel in it",

  probe(src) {
    return src.size >= SMALLEST && isUsed(src) && vmcoreinfoOf(src) !== undefined;
  },

  open(src, _codecs, more) {
    if (more[0]) throw new UsageError(`${more[0].name}: a raw memory image is one file, ${src.name} is another`);
    const text = vmcoreinfoOf(src);
    const start = text === undefined ? 0 : ramStart(src, new Vmcoreinfo(text));
    return {
      ...ramImage('raw memory', memoryAt(src, start), []),
      ...(text !== undefined && { vmcoreinfo: text }),
    };
  },
};

function memoryAt(src: ByteSource, phys: PhysAddr): SegmentMemory {
  const size = src.size - (src.size % PAGE);
  return new SegmentMemory(src, [{ phys, size, offset: 0, fileSize: size }]);
}

const texts = new WeakMap<ByteSource, string | null>();

/** The first VMCOREINFO text in the file; the search reads it once. */
function vmcoreinfoOf(src: ByteSource): string | undefined {
  let text = texts.get(src);
  if (text === undefined) {
    [text = null] = findVmcoreinfo(memoryAt(src, 0));
    texts.set(src, text);
  }
  return text ?? undefined;
}

/** Whether any of the sampled pages holds something. */
function isUsed(src: ByteSource): boolean {
  const page = new Uint8Array(PAGE);
  const step = Math.max(PAGE, Math.floor(src.size / SAMPLES / PAGE) * PAGE);
  for (let at = 0; at < src.size; at += step) {
    src.read(at, page);
    if (page.some((b) => b !== 0)) return true;
  }
  return false;
}
