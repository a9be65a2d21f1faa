import { BadDataError } from '../base/errors.ts';
import { decodeLz4 } from '../codec/lz4.ts';
import { decodeLzo1x } from '../codec/lzo1x.ts';
import { nodeCodecs } from './codecs.ts';
import { lazyZlib } from './lazy-zlib.ts';

/** Records are some ten KiB; unpacked they are a few times as much. */
const MAX_RECORD = 0x400000;
const LF = 0x0a;

/** Whether a file of pstore is packed: by the name the kernel gives it, or by ramoops's header (`====1701165492.123456-C`). */
export function hasPackedHead(path: string, head: Uint8Array): boolean {
  return /\.enc\.z$/.test(path) || headerSize(head) > 0;
}

/** Bytes of ramoops's header of a packed record; 0 for none. */
function headerSize(head: Uint8Array): number {
  return (
    /^====\d+\.\d+-C\n/.exec(Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1'))?.[0].length ?? 0
  );
}

/**
 * A packed record's text with its header line. The record does not say which codec the kernel was built with
 * (CONFIG_PSTORE_COMPRESS_DEFAULT: deflate, lzo, lz4, zstd and others up to v6.5, deflate alone since): what gives text is it.
 * @throws BadDataError when none does
 */
export function unpackPstore(path: string, bytes: Uint8Array): Uint8Array {
  const size = headerSize(bytes);
  const packed = bytes.subarray(size);
  const header = bytes.subarray(0, size);
  for (const decode of DECODERS) {
    const text = attempt(decode, packed);
    if (text && isText(text)) return new Uint8Array(Buffer.concat([header, text]));
  }
  throw new BadDataError(path, size, 'a packed record that none of deflate, zstd, LZO and LZ4 unpacks');
}

const zlibOptions = { maxOutputLength: MAX_RECORD } as const;

const DECODERS: readonly ((packed: Uint8Array) => Uint8Array)[] = [
  (packed) => lazyZlib().inflateRawSync(packed, zlibOptions),
  (packed) => lazyZlib().inflateSync(packed, zlibOptions),
  (packed) => inRoom(packed, nodeCodecs().decoder('zstd')),
  (packed) => inRoom(packed, decodeLzo1x),
  (packed) => inRoom(packed, decodeLz4),
];

function inRoom(packed: Uint8Array, decode: (packed: Uint8Array, into: Uint8Array) => number): Uint8Array {
  const into = new Uint8Array(MAX_RECORD);
  return into.subarray(0, decode(packed, into));
}

/** What another codec made is damage, or it is no text. */
function attempt(decode: (packed: Uint8Array) => Uint8Array, packed: Uint8Array): Uint8Array | undefined {
  try {
    return decode(packed);
  } catch {
    return undefined;
  }
}

function isText(bytes: Uint8Array): boolean {
  let printable = 0;
  for (const byte of bytes) if (byte === LF || byte === 9 || (byte >= 0x20 && byte < 0x7f)) printable++;
  return bytes.length > 0 && printable >= bytes.length * 0.9;
}
