import { indexOfBytes } from '../base/text.ts';
import type { Addr } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { Program } from '../program/program.ts';

const PAGE = 4096;
const WORDS = PAGE / 4;
/** A kernel's types take megabytes, so a page every 256 KiB hits them. */
const STRIDE = 256 << 10;
const BLOCK = 64 << 10;
const IMAGE_LIMIT = 64 << 20;
/** The types come before the strings, so the header is not farther back than the types are long. */
const BACK_LIMIT = 16 << 20;
/** `struct btf_header` starts so in the byte order of the kernel: magic 0xeb9f, version 1, no flags. */
const MAGIC_LITTLE = Uint8Array.of(0x9f, 0xeb, 1, 0);
const MAGIC_BIG = Uint8Array.of(0xeb, 0x9f, 1, 0);

/**
 * The kernel's .BTF section where no symbol tells (older kernels without CONFIG_KALLSYMS_ALL):
 * a page of small numbers in its read-only data, and the header in front of it.
 */
export function findBtf(prog: Program): Addr | undefined {
  const { memory, vmcoreinfo } = prog;
  const from =
    vmcoreinfo.symbol('kallsyms_token_index') ?? prog.findSymbol('_etext')?.address ?? vmcoreinfo.symbol('_stext');
  if (from === undefined) return undefined;
  const start = from & ~0xfffn;
  let searched = start;
  for (let offset = 0; offset < IMAGE_LIMIT; offset += STRIDE) {
    const at = start + BigInt(offset);
    if (!looksLikeTypes(memory, at)) continue;
    const low = at - BigInt(BACK_LIMIT) > searched ? at - BigInt(BACK_LIMIT) : searched;
    const found = headerBefore(memory, at, low);
    if (found !== undefined) return found;
    searched = at;
  }
  return undefined;
}

/** Whether nearly every word of a page is a small number or the `info` of a type. */
function looksLikeTypes(memory: AddressSpace, at: Addr): boolean {
  const page = new Uint8Array(PAGE);
  if (memory.tryRead(at, page)) return false;
  const view = new DataView(page.buffer);
  let fit = 0;
  let zero = 0;
  for (let i = 0; i < WORDS; i++) {
    const word = view.getUint32(i * 4, memory.littleEndian);
    if (word === 0) zero++;
    const kind = (word >>> 24) & 0x7f;
    if (kind === 0 || (kind < 32 && ((word >>> 16) & 0xff) === 0)) fit++;
  }
  return fit > WORDS * 0.97 && zero < WORDS / 2;
}

/** The last BTF header at or before `at` (its page included) and not before `low`. */
function headerBefore(memory: AddressSpace, at: Addr, low: Addr): Addr | undefined {
  const magic = memory.littleEndian ? MAGIC_LITTLE : MAGIC_BIG;
  const block = new Uint8Array(BLOCK + 3); // a header may start at the end of a block
  for (let end = at + BigInt(PAGE); end > low; end -= BigInt(BLOCK)) {
    const start = end - BigInt(BLOCK) > low ? end - BigInt(BLOCK) : low;
    const bytes = block.subarray(0, Number(end - start) + 3);
    memory.readWhatIsThere(start, bytes);
    let last: Addr | undefined;
    for (let i = indexOfBytes(bytes, magic); i >= 0; i = indexOfBytes(bytes, magic, i + 1)) {
      if (isHeader(memory, start + BigInt(i))) last = start + BigInt(i);
    }
    if (last !== undefined) return last;
  }
  return undefined;
}

function isHeader(memory: AddressSpace, at: Addr): boolean {
  const bytes = new Uint8Array(24);
  if (memory.tryRead(at, bytes)) return false;
  const view = new DataView(bytes.buffer);
  const u32 = (offset: number): number => view.getUint32(offset, memory.littleEndian);
  const [length, typeOffset, typeLength, stringOffset, stringLength] = [
    u32(4),
    u32(8),
    u32(12),
    u32(16),
    u32(20),
  ] as const;
  if (length < 24 || length > 256 || typeOffset > 256 || stringOffset < typeOffset + typeLength) return false;
  return typeLength > PAGE && typeLength < 1 << 27 && stringLength > PAGE && stringLength < 1 << 27;
}
