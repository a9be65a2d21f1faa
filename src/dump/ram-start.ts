import type { ByteSource } from '../base/byte-source.ts';
import { asciiBytes } from '../base/text.ts';
import type { Bytes, PhysAddr } from '../base/units.ts';
import type { Vmcoreinfo } from '../program/vmcoreinfo.ts';

/** `struct new_utsname`: six strings of 65 bytes, of which the third is the release (include/uapi/linux/utsname.h). */
const NAME = 65;
const STEP = 1 << 20;
const PAGE = 4096;
/** `__START_KERNEL_map` of x86-64. */
const START_KERNEL_MAP = 0xffffffff80000000n;
const MAX_PHYS = 2n ** 52n;

/**
 * Physical address of the first byte of an image of RAM: the kernel's `init_uts_ns` is looked up in the file, and VMCOREINFO
 * tells its physical address. 0 where that does not work out, as RAM does on a PC.
 */
export function ramStart(src: ByteSource, info: Vmcoreinfo): PhysAddr {
  const phys = physOfName(info);
  const release = info.release;
  if (phys === undefined || release === undefined) return 0;
  const mark = utsname(release);
  if (holds(src, phys, mark)) return 0;
  for (const at of places(src, mark, phys % PAGE)) if (at <= phys && (phys - at) % PAGE === 0) return phys - at;
  return 0;
}

/** Physical address of `init_uts_ns.name`. */
function physOfName(info: Vmcoreinfo): PhysAddr | undefined {
  const symbol = info.symbol('init_uts_ns');
  const offset = info.offset('uts_namespace.name') ?? 0;
  if (symbol === undefined) return undefined;
  const moved = info.number('kimage_voffset') ?? info.number('va_kernel_pa_offset');
  const base = info.number('phys_base');
  if (moved === undefined && base === undefined) return undefined;
  const image = moved === undefined ? symbol - START_KERNEL_MAP + (base as bigint) : symbol - moved;
  const phys = BigInt.asUintN(64, image) + BigInt(offset);
  return phys < MAX_PHYS ? Number(phys) : undefined;
}

interface Mark {
  readonly sysname: Uint8Array;
  readonly release: Uint8Array;
}

function utsname(release: string): Mark {
  return { sysname: asciiBytes('Linux\0'), release: asciiBytes(`${release}\0`) };
}

function isAt(bytes: Uint8Array, at: number, { sysname, release }: Mark): boolean {
  return sysname.every((b, i) => bytes[at + i] === b) && release.every((b, i) => bytes[at + 2 * NAME + i] === b);
}

function holds(src: ByteSource, at: Bytes, mark: Mark): boolean {
  const bytes = new Uint8Array(3 * NAME);
  return at + bytes.length <= src.size && src.read(at, bytes) === bytes.length && isAt(bytes, 0, mark);
}

/** Where the names lie at this offset in a page. */
function* places(src: ByteSource, mark: Mark, inPage: number): Iterable<Bytes> {
  const buffer = new Uint8Array(STEP + 3 * NAME);
  for (let at = 0; at < src.size; at += STEP) {
    const part = buffer.subarray(0, src.read(at, buffer));
    for (let off = inPage; off < Math.min(part.length, STEP); off += PAGE) if (isAt(part, off, mark)) yield at + off;
  }
}
