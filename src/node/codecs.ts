import { UnsupportedError } from '../base/errors.ts';
import { decodeLzo1x } from '../codec/lzo1x.ts';
import { decodeSnappy } from '../codec/snappy.ts';
import type { CodecName, Codecs, Decoder } from '../program/ports.ts';
import { inflateDecoder, inflateEnd } from './inflate.ts';
import { lazyZlib } from './lazy-zlib.ts';
import { streamHandleDecoder } from './stream-handle.ts';

/** The decompressors of Node. */
export interface NodeCodecs extends Codecs {
  /** Makes decoders ready that need more than a call; the others are ready at once. */
  prepare(names: readonly CodecName[]): Promise<void>;
}

/** zlib of Node itself, zstd too or as wasm (loaded by `prepare` only), LZO and snappy of this project. */
export function nodeCodecs(): NodeCodecs {
  let zlibDecoder: Decoder | undefined;
  let zstdDecoder: Decoder | undefined;
  const zstd = (): Decoder | undefined => {
    zstdDecoder ??= nodeZstd();
    return zstdDecoder;
  };
  return {
    decoder(name) {
      if (name === 'zlib') {
        zlibDecoder ??= inflateDecoder();
        return zlibDecoder;
      }
      if (name === 'gzip') return gunzip;
      if (name === 'lzo') return decodeLzo1x;
      if (name === 'snappy') return decodeSnappy;
      const native = zstd();
      if (native) return native;
      throw new UnsupportedError(`the ${name} decoder is not prepared, and this Node has none built in`);
    },

    endFinder: (name) => (name === 'zlib' ? inflateEnd : undefined),

    async prepare(names) {
      if (names.includes('zstd') && !zstd()) zstdDecoder = await (await import('./zstd-decoder.ts')).zstdDecoder();
    },
  };
}

function gunzip(block: Uint8Array, into: Uint8Array): number {
  const out = lazyZlib().gunzipSync(block, { maxOutputLength: into.length });
  into.set(out);
  return out.length;
}

/** Of Node's zlib, the part that came with 22.15. */
interface ZstdPart {
  readonly zstdDecompressSync?: (block: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array;
  readonly zstdCompressSync?: (bytes: Uint8Array) => Uint8Array;
  readonly createZstdDecompress?: () => object;
  readonly constants: { readonly ZSTD_e_end?: number };
}

/**
 * Node's own zstd, from 22.15 on: nothing has to be compiled. A stream's native handle takes a third of the time of a call
 * that makes a context for each page.
 */
function nodeZstd(): Decoder | undefined {
  const { zstdDecompressSync, zstdCompressSync, createZstdDecompress, constants } = lazyZlib() as ZstdPart;
  if (!zstdDecompressSync) return undefined;
  const finish = constants.ZSTD_e_end;
  const byHandle =
    createZstdDecompress && zstdCompressSync && finish !== undefined
      ? streamHandleDecoder(
          () => createZstdDecompress(),
          finish,
          (bytes) => new Uint8Array(zstdCompressSync(bytes)),
        )
      : undefined;
  return (
    byHandle ??
    ((block, into) => {
      const out = zstdDecompressSync(block, { maxOutputLength: into.length });
      into.set(out);
      return out.length;
    })
  );
}
