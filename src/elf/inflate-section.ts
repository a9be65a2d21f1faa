import { BadDataError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';

/** Decompresses into exactly `size` bytes; throws anything on damage. The host's decoders. */
export type Inflate = (codec: 'zlib' | 'zstd', packed: Uint8Array, size: Bytes) => Uint8Array;

/** Larger sections than this, uncompressed, are refused. */
const MAX_SIZE = 0x18000000;
/** zlib cannot pack better than 1032 to 1; zstd can, but no section of a compiler comes near this. */
const MAX_RATIO = 0x4000;

/** What the header in front of a compressed section says. */
export interface CompressedSection {
  readonly codec: 'zlib' | 'zstd';
  /** Bytes of the header. */
  readonly header: Bytes;
  readonly size: Bytes;
}

/**
 * Reads `Elf64_Chdr`/`Elf32_Chdr` (gABI, "Compressed Sections": ELFCOMPRESS_ZLIB 1, ELFCOMPRESS_ZSTD 2), or for
 * `.zdebug_*` the older GNU form: `ZLIB` and the size, big-endian.
 * @param start the first 24 bytes of the section, or fewer
 */
export function compressedSection(
  source: string,
  start: Uint8Array,
  gnu: boolean,
  wide: boolean,
  littleEndian: boolean,
  packedSize: Bytes,
): CompressedSection {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const header = gnu ? 12 : wide ? 24 : 12;
  if (start.length < header) throw new BadDataError(source, 0, `compression header: needs ${header} bytes`);
  if (gnu && view.getUint32(0) !== 0x5a4c4942) throw new BadDataError(source, 0, 'compression header: ZLIB is missing');
  const kind = gnu ? 1 : view.getUint32(0, littleEndian);
  if (kind !== 1 && kind !== 2) throw new BadDataError(source, 0, `compression header: unknown type ${kind}`);
  const size = Number(
    gnu ? view.getBigUint64(4) : wide ? view.getBigUint64(8, littleEndian) : view.getUint32(4, littleEndian),
  );
  const limit = Math.min(MAX_SIZE, packedSize * MAX_RATIO);
  if (size > limit) throw new BadDataError(source, 0, `compression header: size ${size} exceeds ${limit}`);
  return { codec: kind === 1 ? 'zlib' : 'zstd', header, size };
}
