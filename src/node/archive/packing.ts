import type { ByteSource } from '../../base/byte-source.ts';

/** What a file can be packed as. */
export type Packing = 'gzip' | 'xz' | 'zstd' | 'lz4' | 'zip' | 'tar';

/** Magic bytes: RFC 1952, the .xz format 2.1.1.1, RFC 8878 3.1.1, LZ4 frame format, PKWARE APPNOTE 4.3.7, POSIX ustar. */
const MAGICS: readonly (readonly [Packing, offset: number, bytes: readonly number[]])[] = [
  ['gzip', 0, [0x1f, 0x8b, 0x08]],
  ['xz', 0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', 0, [0x28, 0xb5, 0x2f, 0xfd]],
  ['lz4', 0, [0x04, 0x22, 0x4d, 0x18]],
  ['lz4', 0, [0x02, 0x21, 0x4c, 0x18]],
  ['zip', 0, [0x50, 0x4b, 0x03, 0x04]],
  ['tar', 257, [0x75, 0x73, 0x74, 0x61, 0x72]],
];

/** How a file is packed, by its content; undefined when it is not. */
export function packingOf(src: ByteSource): Packing | undefined {
  const start = new Uint8Array(264);
  const size = src.read(0, start);
  return MAGICS.find(([, at, magic]) => size >= at + magic.length && magic.every((b, i) => start[at + i] === b))?.[0];
}
