import type { ByteSource } from '../../base/byte-source.ts';
import { readBytes } from '../../base/cursor.ts';
import type { Bytes } from '../../base/units.ts';
import { placesOf } from './find-bytes.ts';
import { MAX_MEMBERS } from './member.ts';
import { type ZipEntry, zip64Extra } from './zip-entry.ts';

/** Source of the layout: PKWARE APPNOTE.TXT 6.3, 4.3.7 and 4.4.4. */
const HEADER = 30;
const LOCAL = 'PK\u0003\u0004';
/** The sizes stand behind the data, not in the header. */
const SIZES_BEHIND = 8;
const MAX_NAME = 4096;
/** Of the version that is needed to unpack: 6.3 is the last. */
const MAX_VERSION = 63;

/** The files of a .zip by the headers before each, for when its directory is lost. */
export function localEntries(src: ByteSource): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let end = 0;
  let open: Header | undefined;
  const close = (next: Bytes): void => {
    if (!open) return;
    const packed = next - open.data;
    entries.push({ ...open.entry, packed, size: packed });
    open = undefined;
  };
  for (const at of placesOf(src, LOCAL, 0)) {
    if (at < end || entries.length >= MAX_MEMBERS) continue;
    const header = readHeader(src, at);
    if (!header) continue;
    close(at);
    if (header.behind) open = header;
    else if (!header.entry.name.endsWith('/')) entries.push(header.entry);
    // A size that leads out of the file hides nothing behind it.
    const next = header.data + header.entry.packed;
    end = header.behind || next > src.size ? header.data : next;
  }
  close(src.size);
  return entries;
}

interface Header {
  readonly entry: ZipEntry;
  readonly data: Bytes;
  /** Its sizes are not known: it ends at the latest where the next file begins. */
  readonly behind: boolean;
}

function readHeader(src: ByteSource, at: Bytes): Header | undefined {
  if (at + HEADER > src.size) return undefined;
  const bytes = readBytes(src, at, HEADER, 'zip file header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER);
  const flags = view.getUint16(6, true);
  const [nameLength, extraLength] = [view.getUint16(26, true), view.getUint16(28, true)];
  const data = at + HEADER + nameLength + extraLength;
  if ((view.getUint16(4, true) & 0xff) > MAX_VERSION || nameLength === 0 || nameLength > MAX_NAME) return undefined;
  if (data > src.size) return undefined;
  const rest = readBytes(src, at + HEADER, nameLength + extraLength, 'zip file header');
  const wide = zip64Extra(rest.subarray(nameLength));
  let size = view.getUint32(22, true);
  let packed = view.getUint32(18, true);
  if (size === 0xffffffff) size = wide() ?? size;
  if (packed === 0xffffffff) packed = wide() ?? packed;
  const name = `${src.name}:${new TextDecoder().decode(rest.subarray(0, nameLength))}`;
  const entry = { name, method: view.getUint16(8, true), encrypted: (flags & 1) !== 0, packed, size, local: at };
  return { entry, data, behind: (flags & SIZES_BEHIND) !== 0 && packed === 0 };
}
