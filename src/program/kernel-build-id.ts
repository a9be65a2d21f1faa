import { bytesSource } from '../base/byte-source.ts';
import { hexPad } from '../base/hex.ts';
import { perOwner } from '../base/lazy.ts';
import { readNotes } from '../elf/notes.ts';
import type { Program } from './program.ts';

/** elf.h: NT_GNU_BUILD_ID. */
const NT_GNU_BUILD_ID = 3;
/** Longest notes section that is read; real ones have a few hundred bytes. */
const MAX_NOTES = 0x10000;

/**
 * The build-id of the kernel that crashed, in hexadecimal: from VMCOREINFO (`BUILD-ID=` since Linux commit 0935288c6e00,
 * v5.9), else from the kernel's own notes section in memory. Undefined when neither is there.
 */
export const kernelBuildId = perOwner((prog: Program): string | undefined => {
  const stated = prog.vmcoreinfo.get('BUILD-ID')?.trim().toLowerCase();
  if (stated !== undefined && /^[0-9a-f]{16,64}$/.test(stated) && !/^0+$/.test(stated)) return stated;
  const start = prog.findSymbol('__start_notes');
  const stop = prog.findSymbol('__stop_notes');
  if (!start || !stop) return undefined;
  const size = Number(stop.address - start.address);
  if (!(size > 0 && size <= MAX_NOTES)) return undefined;
  const bytes = new Uint8Array(size);
  if (prog.memory.tryRead(start.address, bytes) !== undefined) return undefined;
  return buildIdOfNotes(bytes, prog.arch.littleEndian);
});

/** The build-id in a region of notes, in hexadecimal. */
export function buildIdOfNotes(bytes: Uint8Array, littleEndian: boolean): string | undefined {
  const { notes } = readNotes(bytesSource('notes', bytes), 0, bytes.length, littleEndian);
  const note = notes.find((n) => n.type === NT_GNU_BUILD_ID && n.name === 'GNU' && n.desc.length > 0);
  return note && Array.from(note.desc, (byte) => hexPad(byte, 2)).join('');
}
