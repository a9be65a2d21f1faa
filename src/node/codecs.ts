import { UnsupportedError } from '../base/errors.ts';
import { decodeLzo1x } from '../codec/lzo1x.ts';
import { decodeSnappy } from '../codec/snappy.ts';
import type { CodecName, Codecs, Decoder } from '../program/ports.ts';
import { inflateDecoder, inflateEnd } from './inflate.ts';
import { lazyZlib } from './lazy-zlib.ts';

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

/**
 * Node's own zstd, from 22.15 on. Each call makes a new context, which costs warm about a third more than the wasm; but
 * nothing has to be compiled, so the first thousands of pages cost half.
 */
function nodeZstd(): Decoder | undefined {
  const decompress = (
    lazyZlib() as { zstdDecompressSync?: (block: Uint8Array, options: { maxOutputLength: number }) => Uint8Array }
  ).zstdDecompressSync;
  if (!decompress) return undefined;
  return (block, into) => {
    const out = decompress(block, { maxOutputLength: into.length });
    into.set(out);
    return out.length;
  };
}
