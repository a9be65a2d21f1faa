import { decodeAscii } from '../base/text.ts';
import type { PhysicalMemory } from '../memory/physical.ts';

const STEP = 1 << 20;
const PAGE = 4096;
/** The data page; with 64 KiB pages the kernel still uses at most this much (VMCOREINFO_BYTES is PAGE_SIZE). */
const MAX_TEXT = 65536;
const MARK = 'OSRELEASE=';

/**
 * VMCOREINFO texts found in physical memory, where the dump has no note: the kernel keeps the text at the start of a
 * page of its own (`vmcoreinfo_data`, Linux kernel/vmcore_info.c). There may be several: copies in user space too.
 */
export function* findVmcoreinfo(memory: PhysicalMemory): Iterable<string> {
  const buffer = new Uint8Array(STEP);
  // memory with holes is read by pages: what was unpacked before a hole would be unpacked again
  let whole = true;
  for (const range of memory.ranges()) {
    for (let at = Math.ceil(range.start / PAGE) * PAGE; at < range.end; at += STEP) {
      const size = Math.min(STEP, range.end - at);
      const part = buffer.subarray(0, size);
      if (whole && memory.read(at, part) === undefined) {
        for (let off = 0; off + PAGE <= size; off += PAGE) {
          if (startsWithMark(part, off)) yield* textAt(memory, at + off);
        }
      } else {
        whole = true;
        for (let off = 0; off < size; off += PAGE) {
          const chunk = memory.chunk(at + off);
          whole &&= typeof chunk === 'object';
          if (typeof chunk === 'object' && startsWithMark(chunk.bytes, at + off - chunk.start)) {
            yield* textAt(memory, at + off);
          }
        }
      }
    }
  }
}

function startsWithMark(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < MARK.length; i++) if (bytes[at + i] !== MARK.charCodeAt(i)) return false;
  return true;
}

function* textAt(memory: PhysicalMemory, at: number): Iterable<string> {
  let text = '';
  for (let done = 0; done < MAX_TEXT; done += PAGE) {
    const page = new Uint8Array(PAGE);
    if (memory.read(at + done, page) !== undefined) break;
    const nul = page.indexOf(0);
    text += decodeAscii(page, 0, nul < 0 ? PAGE : nul);
    if (nul >= 0) break;
  }
  if (text.includes('\nPAGESIZE=') && text.includes('\nSYMBOL(')) yield text;
}
