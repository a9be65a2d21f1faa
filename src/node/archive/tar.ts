import type { ByteSource } from '../../base/byte-source.ts';
import { readBytes } from '../../base/cursor.ts';
import { BadDataError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import { cString } from '../../base/text.ts';
import type { Bytes } from '../../base/units.ts';
import { placesOf } from './find-bytes.ts';
import { MAX_MEMBERS, type Member, partOf, withProblem } from './member.ts';

const BLOCK = 512;
const MAGIC_AT = 257;
/** Names and sizes that the header has no room for stand before it: a long name of GNU tar, records of POSIX pax. */
const MAX_EXTRA = 0x10000;

/** The regular files of a tar archive; a cut one ends early, and behind a damaged header the next one is looked for. Source: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual. */
export function tarMembers(src: ByteSource): Member[] {
  const members: Member[] = [];
  let longName: string | undefined;
  let longSize: number | undefined;
  let problem: string | undefined;
  for (let at = 0; at + BLOCK <= src.size && members.length < MAX_MEMBERS; ) {
    const header = readBytes(src, at, BLOCK, 'tar header');
    if (header.every((b) => b === 0)) break;
    if (!hasChecksum(header)) {
      const next = nextHeader(src, at + BLOCK);
      if (next === undefined && members.length === 0) {
        throw new BadDataError(src.name, at, 'tar header: the checksum does not fit');
      }
      problem = `tar: the header at ${hex(at)} is damaged`;
      // What it stood before is there all the same, up to the next header.
      const [from, size] = [at + BLOCK, (next ?? src.size) - at - BLOCK];
      members.push(memberOf(src, `${src.name}:(damaged header)`, from, size, problem));
      at = from + size;
      longName = undefined;
      longSize = undefined;
      continue;
    }
    const type = String.fromCharCode(header[156] as number);
    const size = longSize ?? sizeOf(header);
    const data = at + BLOCK;
    at = data + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'L' || type === 'x') {
      const extra = readBytes(src, data, Math.min(size, MAX_EXTRA, src.size - data), 'tar header');
      if (type === 'L') longName = cString(extra, 0, extra.length);
      else ({ name: longName = longName, size: longSize } = paxOf(extra));
      continue;
    }
    if (type === '0' || type === '\0' || type === '7') {
      const prefix = cString(header, 345, 500);
      const short = cString(header, 0, 100);
      const name = `${src.name}:${longName ?? (prefix ? `${prefix}/${short}` : short)}`;
      members.push(memberOf(src, name, data, size, problem));
    }
    longName = undefined;
    longSize = undefined;
  }
  return members;
}

function memberOf(src: ByteSource, name: string, data: Bytes, size: Bytes, problem: string | undefined): Member {
  return { name, size, open: async () => withProblem(partOf(src, name, data, size), problem) };
}

/** The next block that is a header: it has the magic of one, and its checksum fits. */
function nextHeader(src: ByteSource, from: Bytes): Bytes | undefined {
  for (const place of placesOf(src, 'ustar', from)) {
    const at = place - MAGIC_AT;
    if (at < from || at % BLOCK !== 0 || at + BLOCK > src.size) continue;
    if (hasChecksum(readBytes(src, at, BLOCK, 'tar header'))) return at;
  }
  return undefined;
}

function hasChecksum(header: Uint8Array): boolean {
  const stated = Number.parseInt(cString(header, 148, 156).trim(), 8);
  const sum = header.reduce((total, b, i) => total + (i >= 148 && i < 156 ? 0x20 : b), 0);
  return sum === stated;
}

/** Octal, or binary when the first bit is set (GNU). */
function sizeOf(header: Uint8Array): Bytes {
  if ((header[124] as number) & 0x80) {
    return header.subarray(125, 136).reduce((n, b) => n * 256 + b, (header[124] as number) & 0x7f);
  }
  const size = Number.parseInt(cString(header, 124, 136).trim(), 8);
  return Number.isSafeInteger(size) ? size : 0;
}

/** `path` and `size` of pax records: `length key=value\n`. */
function paxOf(extra: Uint8Array): { name?: string; size?: number } {
  const text = new TextDecoder().decode(extra);
  const name = /^\d+ path=(.*)$/m.exec(text)?.[1];
  const size = Number(/^\d+ size=(\d+)$/m.exec(text)?.[1]);
  return { ...(name !== undefined && { name }), ...(Number.isSafeInteger(size) && { size }) };
}
