import { AnalysisError, BadDataError, NotFoundError, UnsupportedError } from '../base/errors.ts';
import { asciiBytes, decodeAscii, decodeUtf8, indexOfBytes } from '../base/text.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** Marks around the compressed configuration: kernel/configs.c, `IKCFG_ST` and `IKCFG_ED`. */
const START = 'IKCFG_ST';
const END = 'IKCFG_ED';
const MAX_PACKED: Bytes = 1 << 20;
const MAX_TEXT: Bytes = 16 << 20;

/**
 * The configuration that the kernel was built with, line by line (CONFIG_IKCONFIG).
 * @throws NotFoundError when the kernel does not carry it @throws BadDataError when it is damaged
 */
export function kernelConfig(prog: Program): string[] {
  const packed = packedConfig(prog);
  const size =
    packed.length < 18 ? 0 : new DataView(packed.buffer, packed.byteOffset).getUint32(packed.length - 4, true);
  if (packed[0] !== 0x1f || packed[1] !== 0x8b || size === 0 || size > MAX_TEXT) {
    throw new BadDataError('kernel configuration', 0, `no gzip data of 1 to ${MAX_TEXT} bytes`);
  }
  if (!prog.codecs) throw new UnsupportedError('no decoder for gzip is there');
  const text = new Uint8Array(size); // gzip ends with the size of what it holds
  let got: Bytes;
  try {
    got = prog.codecs.decoder('gzip')(packed, text);
  } catch (e) {
    if (e instanceof AnalysisError) throw e;
    throw new BadDataError('kernel configuration', 0, `gzip data is damaged: ${e instanceof Error ? e.message : e}`);
  }
  return decodeUtf8(text.subarray(0, got)).trimEnd().split('\n');
}

/** Between the symbols; where there are none (of read-only data the table may hold no symbols), behind the mark. */
function packedConfig(prog: Program): Uint8Array {
  const start = prog.findSymbol('kernel_config_data');
  if (!start) throw new NotFoundError('kernel configuration', 'kernel_config_data', 'CONFIG_IKCONFIG is not built in');
  // Linux 13610aa908dc ("kernel/configs: use .incbin directive to embed config_data.gz"), v5.1: the mark stands before it
  const first: Addr =
    textAt(prog, start.address, START.length) === START ? addrAdd(start.address, START.length) : start.address;
  const end = prog.findSymbol('kernel_config_data_end')?.address;
  const bytes = prog.memory.bytes(first, Math.min(MAX_PACKED, Number((end ?? addrAdd(first, start.size)) - first)));
  const mark = end === undefined ? indexOfBytes(bytes, asciiBytes(END)) : -1;
  return mark < 0 ? bytes : bytes.subarray(0, mark);
}

function textAt(prog: Program, at: Addr, size: Bytes): string {
  return decodeAscii(prog.memory.bytes(at, size));
}
