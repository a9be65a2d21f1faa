import type { Architecture, DumpImage } from './ports.ts';
import { Vmcoreinfo } from './vmcoreinfo.ts';

/** The CPUs that a file says it is of. The machine is as `uname -m` has it; QEMU writes some in capital letters. */
export function statedArchitectures(archs: readonly Architecture[], image: DumpImage): Architecture[] {
  const machine = image.header.utsname?.machine?.toLowerCase();
  return archs.filter((a) => a.elfMachine === image.elfMachine || a.name === machine);
}

/**
 * The CPUs that a dump may be of, by what is left of it: the machine that the file states, the size of the CPUs' notes, the
 * VMCOREINFO text, the byte order. The first of these that speaks for any CPU decides: to look through memory is costly.
 */
export function likelyArchitectures(archs: readonly Architecture[], image: DumpImage): readonly Architecture[] {
  const stated = statedArchitectures(archs, image);
  if (stated.length > 0) return stated;
  const sizes = new Set(image.cpuNotes.map((note) => note.length));
  const ofSize = archs.filter((a) => a.prstatusSize !== undefined && sizes.has(a.prstatusSize));
  const ofOrder = ofSize.filter((a) => a.littleEndian === image.littleEndian);
  if (ofSize.length > 0) return ofOrder.length > 0 ? ofOrder : ofSize;
  const info = image.vmcoreinfo === undefined ? undefined : new Vmcoreinfo(image.vmcoreinfo);
  const recognised = archs.filter((a) => info && a.recognise(info));
  if (recognised.length > 0) return recognised;
  // a big-endian file may be QEMU's of a little-endian kernel, whose CPU can do both
  return image.littleEndian ? archs.filter((a) => a.littleEndian) : archs;
}
