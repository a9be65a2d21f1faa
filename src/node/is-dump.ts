import { dumpFormats } from '../dump/index.ts';
import { packingOf } from './archive/packing.ts';
import { type FileSource, openFileSource } from './file-source.ts';

const HEAD = 4096;
/** Of the first bytes, one in so many may be something else than text: logs are damaged. */
const DAMAGE = 8;

/**
 * Whether a file is a dump and no log. What begins as text is not looked into: a format without a magic is searched for. What
 * cannot be opened is no dump; reading it will say why.
 */
export function isDumpFile(path: string): boolean {
  if (path === '-') return false;
  let file: FileSource | undefined;
  try {
    file = openFileSource(path);
    const src = file;
    return !isText(src) && packingOf(src) === undefined && dumpFormats.some((format) => format.probe(src));
  } catch {
    return false;
  } finally {
    file?.close();
  }
}

function isText(file: FileSource): boolean {
  const head = new Uint8Array(HEAD);
  const size = file.read(0, head);
  let other = 0;
  for (const byte of head.subarray(0, size)) if (byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b)) other++;
  return other * DAMAGE <= size && head[0] !== 0x7f;
}
