import type { Bytes } from '../base/units.ts';
import { vmcoreinfoText } from '../base/vmcoreinfo-text.ts';
import type { ElfNote } from './notes.ts';

/** Source: elf(5), "Notes"; include/uapi/linux/elf.h. */
const NT_PRSTATUS = 1;
const NT_AUXV = 6;
const NT_SIGINFO = 0x53494749;
const NT_FILE = 0x46494c45;
const NT_VMCOREDD = 0x700;
/** Bytes before `pr_reg` in `struct elf_prstatus` of a 32-bit kernel; nothing shorter can hold registers. */
const MIN_PRSTATUS = 72;

/** What the notes of a kernel dump say. */
export interface CoreNotes {
  /** Descriptors of the NT_PRSTATUS notes that hold something, in file order. */
  readonly cpuNotes: readonly Uint8Array[];
  /** Descriptors of QEMU's own notes (`QEMUCPUState`), in file order, one a CPU. */
  readonly qemuNotes: readonly Uint8Array[];
  /** Where the descriptors are that drivers added; they may be too long to be kept. */
  readonly deviceDumps: readonly { readonly offset: Bytes; readonly size: Bytes }[];
  readonly vmcoreinfo?: string;
  /** Notes that only the kernel's core dump of a user process has. */
  readonly ofProcess: boolean;
}

/** Sorts the notes of a core file. A CPU that saved nothing has an empty or all-zero note; those are left out. */
export function coreNotes(notes: readonly ElfNote[]): CoreNotes {
  const cpuNotes: Uint8Array[] = [];
  const qemuNotes: Uint8Array[] = [];
  const deviceDumps: { offset: Bytes; size: Bytes }[] = [];
  let vmcoreinfo: string | undefined;
  let ofProcess = false;
  for (const { name, type, desc, size, offset } of notes) {
    if (name === 'VMCOREINFO') vmcoreinfo ??= vmcoreinfoText(desc);
    else if (name === 'QEMU') qemuNotes.push(desc);
    else if (name === 'LINUX' && type === NT_VMCOREDD && offset !== undefined) deviceDumps.push({ offset, size });
    else if (name === 'CORE' && type === NT_PRSTATUS) {
      if (desc.length > MIN_PRSTATUS && !isZero(desc)) cpuNotes.push(desc);
    } else if (name === 'CORE' && (type === NT_AUXV || type === NT_SIGINFO || type === NT_FILE)) ofProcess = true;
  }
  const kernel = vmcoreinfo !== undefined || qemuNotes.length > 0;
  return {
    cpuNotes,
    qemuNotes,
    deviceDumps,
    ofProcess: ofProcess && !kernel,
    ...(vmcoreinfo === undefined ? {} : { vmcoreinfo }),
  };
}

function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
