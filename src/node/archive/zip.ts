import type { ByteSource } from '../../base/byte-source.ts';
import { type Cursor, readBytes, readCursor } from '../../base/cursor.ts';
import { BadDataError, UnsupportedError } from '../../base/errors.ts';
import type { Bytes } from '../../base/units.ts';
import type { FileSource } from '../file-source.ts';
import { MAX_MEMBERS, type Member, partOf, withProblem } from './member.ts';
import { spillDeflate, spillZstd } from './stream.ts';
import { type ZipEntry, zip64Extra } from './zip-entry.ts';
import { localEntries } from './zip-headers.ts';

/** Source of all layouts: PKWARE APPNOTE.TXT 6.3, section 4.3. */
const LOCAL = 0x04034b50;
const ENTRY = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const END_SIZE = 22;
const MAX_COMMENT = 0xffff;
const MAX_DIRECTORY = 0x4000000;

const STORED = 0;
const DEFLATED = 8;
const ZSTD = 93;

const LOST = 'zip: the directory at its end is lost or damaged: its files are found by the headers before each';

/** The files of a .zip, by its directory or, where that is not whole, by the headers before them. @throws BadDataError */
export function zipMembers(src: ByteSource): Member[] {
  const { entries, failure } = listedEntries(src);
  const members = entries.map((entry) => memberOf(src, entry));
  if (!failure) return members;
  const known = new Set(entries.map((entry) => entry.local));
  for (const entry of localEntries(src)) if (!known.has(entry.local)) members.push(memberOf(src, entry, LOST));
  if (members.length === 0) throw failure;
  return members;
}

function memberOf(src: ByteSource, entry: ZipEntry, problem?: string): Member {
  const open = async (onUnpack?: (bytes: Bytes) => void): Promise<FileSource> =>
    withProblem(await openEntry(src, entry, onUnpack), problem);
  return { name: entry.name, size: entry.size, open };
}

/** What the directory lists, and what is wrong with it. */
function listedEntries(src: ByteSource): { readonly entries: ZipEntry[]; readonly failure?: BadDataError } {
  const entries: ZipEntry[] = [];
  try {
    const { offset, size } = directory(src);
    const c = readCursor(src, offset, Math.min(size, MAX_DIRECTORY), 'zip directory');
    while (c.left >= 46 && entries.length < MAX_MEMBERS) {
      const entry = readEntry(c, src.name);
      if (!entry) throw c.bad('no entry of a directory', 4);
      if (!entry.name.endsWith('/')) entries.push(entry);
    }
    return { entries };
  } catch (e) {
    if (!(e instanceof BadDataError)) throw e;
    return { entries, failure: e };
  }
}

function directory(src: ByteSource): { offset: Bytes; size: Bytes } {
  const from = Math.max(0, src.size - END_SIZE - MAX_COMMENT);
  const tail = readBytes(src, from, src.size - from, 'zip end');
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let at = tail.length - END_SIZE; at >= 0; at--) {
    if (view.getUint32(at, true) !== END) continue;
    const wide = at >= 20 && view.getUint32(at - 20, true) === LOCATOR64 ? directory64(src, from + at - 20) : undefined;
    return wide ?? { size: view.getUint32(at + 12, true), offset: view.getUint32(at + 16, true) };
  }
  throw new BadDataError(src.name, from, 'zip: no end of a directory: the file is cut');
}

function directory64(src: ByteSource, locator: Bytes): { offset: Bytes; size: Bytes } {
  const c = readCursor(src, locator, 20, 'zip64 locator');
  c.skip(8);
  const end = readCursor(src, c.size64('offset'), 56, 'zip64 end');
  if (end.u32() !== END64) throw end.bad('no zip64 end of a directory', 4);
  end.skip(36);
  const size = end.size64('directory size');
  return { size, offset: end.size64('directory offset') };
}

function readEntry(c: Cursor, archive: string): ZipEntry | undefined {
  if (c.u32() !== ENTRY) return undefined;
  c.skip(4);
  const flags = c.u16();
  const method = c.u16();
  c.skip(8);
  let packed = c.u32();
  let size = c.u32();
  const nameLength = c.u16();
  const extraLength = c.u16();
  const commentLength = c.u16();
  c.skip(8);
  let local = c.u32();
  const name = `${archive}:${new TextDecoder().decode(c.take(nameLength))}`;
  const extra = c.take(extraLength);
  c.skip(commentLength);
  const wide = zip64Extra(extra);
  // Those of the three that do not fit stand there, in this order.
  if (size === 0xffffffff) size = wide() ?? size;
  if (packed === 0xffffffff) packed = wide() ?? packed;
  if (local === 0xffffffff) local = wide() ?? local;
  return { name, method, encrypted: (flags & 1) !== 0, packed, size, local };
}

function openEntry(src: ByteSource, entry: ZipEntry, onUnpack?: (bytes: Bytes) => void): Promise<FileSource> {
  const local = readCursor(src, entry.local, 30, 'zip file header');
  if (local.u32() !== LOCAL) throw local.bad('no header of a file', 4);
  local.skip(22);
  const from = entry.local + 30 + local.u16() + local.u16();
  const range = { src: named(src, entry.name), from, to: Math.min(src.size, from + entry.packed) };
  if (entry.encrypted) throw new UnsupportedError(`${entry.name}: encrypted: unpack it first`);
  if (entry.method === STORED) return Promise.resolve(partOf(src, entry.name, from, entry.size));
  if (entry.method === DEFLATED) return spillDeflate(range, true, onUnpack);
  if (entry.method === ZSTD) return spillZstd(range, onUnpack);
  throw new UnsupportedError(`${entry.name}: zip method ${entry.method} is not known: unpack it first`);
}

function named(src: ByteSource, name: string): ByteSource {
  return { name, size: src.size, read: (offset, into) => src.read(offset, into) };
}
