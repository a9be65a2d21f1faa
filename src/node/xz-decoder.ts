import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnsupportedError } from '../base/errors.ts';

/** Where the module lies: beside the bundled program or the library's folders. */
const PLACES = ['xz.wasm', '../xz.wasm'] as const;
/** In a source tree it is still inside of the package. */
const PACKAGE = '../../node_modules/xz-decompress/dist/package/xz-decompress.min.js';

/** The module's functions. A context begins with six words: room of its buffers, and where they are and how full. */
interface XzExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  create_context(): number;
  destroy_context(context: number): void;
  supply_input(context: number, size: number): void;
  get_next_output(context: number): number;
}

const ROOM = 0;
const INPUT = 1;
const INPUT_AT = 2;
const INPUT_SIZE = 3;
const OUTPUT = 4;
const OUTPUT_SIZE = 5;

const XZ_OK = 0;
const XZ_STREAM_END = 1;
/** `enum xz_ret` of XZ Embedded's xz.h; what is not here is damage. */
const FAILURES: Readonly<Record<number, string>> = {
  3: 'no memory',
  4: 'its dictionary is too large',
  5: 'not in the .xz format',
  6: 'it uses filters or checks that are not supported',
};

/** What Node's types leave out: compiling on the calling thread. */
interface SyncWebAssembly {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

let loaded: XzExports | undefined;

/** xz-decompress's module; read and compiled when the first file needs it. */
function xzModule(): XzExports {
  if (!loaded) {
    const { WebAssembly } = globalThis as unknown as { WebAssembly: SyncWebAssembly };
    loaded = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), {}).exports as XzExports;
  }
  return loaded;
}

function moduleBytes(): Uint8Array {
  const file = PLACES.map((place) => join(import.meta.dirname, place)).find((path) => existsSync(path));
  if (file !== undefined) return readFileSync(file);
  const script = join(import.meta.dirname, PACKAGE);
  const text = existsSync(script) ? readFileSync(script, 'latin1') : '';
  const code = /data:application\/wasm;base64,([\w+/=]+)/.exec(text)?.[1];
  if (code === undefined) throw new UnsupportedError(`xz: no xz.wasm at ${import.meta.dirname}`);
  return Buffer.from(code, 'base64');
}

/**
 * The content of an .xz file. @param limit bytes that it may have
 * @throws RangeError when it is damaged, cut or longer
 */
export function unpackXz(packed: Uint8Array, limit: number): Uint8Array {
  let out = new Uint8Array(Math.min(limit, Math.max(0x10000, packed.length * 4)));
  let size = 0;
  let from = 0;
  const next = (most: number): Uint8Array => {
    const part = packed.subarray(from, from + most);
    from += part.length;
    return part;
  };
  streamXz(next, (part) => {
    if (size + part.length > limit) throw new RangeError(`xz: more than ${limit} bytes`);
    if (size + part.length > out.length) {
      const more = new Uint8Array(Math.min(limit, Math.max(size + part.length, out.length * 2)));
      more.set(out.subarray(0, size));
      out = more;
    }
    out.set(part, size);
    size += part.length;
  });
  return out.subarray(0, size);
}

/**
 * Unpacks one .xz stream piece by piece. @param next up to so many bytes more, none at the end
 * @param write takes what was unpacked; the bytes are its only until it returns
 * @throws RangeError when it is damaged or cut
 */
export function streamXz(next: (most: number) => Uint8Array, write: (part: Uint8Array) => void): void {
  const xz = xzModule();
  const context = xz.create_context();
  if (context === 0) throw new RangeError('xz: no memory');
  try {
    run(xz, context, next, write);
  } finally {
    xz.destroy_context(context);
  }
}

function run(
  xz: XzExports,
  context: number,
  next: (most: number) => Uint8Array,
  write: (part: Uint8Array) => void,
): void {
  const word = (i: number): number => new DataView(xz.memory.buffer).getUint32(context + 4 * i, true);
  const room = word(ROOM);
  let idle = false;
  for (;;) {
    if (word(INPUT_AT) === word(INPUT_SIZE)) {
      const part = next(room);
      // Output may be left when the input has ended.
      if (part.length === 0 && idle) throw new RangeError('xz: the data ends too early');
      new Uint8Array(xz.memory.buffer, word(INPUT), room).set(part);
      xz.supply_input(context, part.length);
    }
    const result = xz.get_next_output(context);
    if (result !== XZ_OK && result !== XZ_STREAM_END) {
      throw new RangeError(`xz: ${FAILURES[result] ?? 'damaged'} (error ${result})`);
    }
    const got = word(OUTPUT_SIZE);
    idle = got === 0;
    if (got > 0) write(new Uint8Array(xz.memory.buffer, word(OUTPUT), got));
    new DataView(xz.memory.buffer).setUint32(context + 4 * OUTPUT_SIZE, 0, true);
    if (result === XZ_STREAM_END) return;
  }
}
