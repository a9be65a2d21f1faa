import type { ByteSource } from '../base/byte-source.ts';
import { BadDataError } from '../base/errors.ts';
import { cString } from '../base/text.ts';
import type { Bytes } from '../base/units.ts';
import type { CoreNotes } from '../elf/core-notes.ts';
import type { DeviceDump } from '../program/ports.ts';

/** VMCOREDD_MAX_NAME_BYTES: a descriptor begins with the name (include/uapi/linux/vmcore.h, `struct vmcoredd_header`). */
const NAME_SIZE = 44;

/** The device dumps of a file; a descriptor that is too short for a name is none. */
export function deviceDumps(src: ByteSource, notes: CoreNotes): { deviceDumps?: readonly DeviceDump[] } {
  const found = notes.deviceDumps
    .filter(({ offset, size }) => size > NAME_SIZE && offset + size <= src.size)
    .map(({ offset, size }) => ({
      name: cString(part(src, offset, NAME_SIZE)),
      offset: offset + NAME_SIZE,
      size: size - NAME_SIZE,
      read: (at: Bytes, count: Bytes) => {
        if (at < 0 || count < 0 || at + count > size - NAME_SIZE) {
          throw new BadDataError(src.name, offset, `device dump of ${size - NAME_SIZE} bytes: ${count} from ${at} on`);
        }
        return part(src, offset + NAME_SIZE + at, count);
      },
    }));
  return found.length === 0 ? {} : { deviceDumps: found };
}

function part(src: ByteSource, offset: Bytes, size: Bytes): Uint8Array {
  const bytes = new Uint8Array(size);
  const got = src.read(offset, bytes);
  if (got < size) throw new BadDataError(src.name, offset, `${got} bytes of ${size}`);
  return bytes;
}
