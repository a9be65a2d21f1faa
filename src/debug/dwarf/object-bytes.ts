import type { Bytes } from '../../base/units.ts';
import type { ExpressionContext } from './expression-context.ts';
import { type Location, LocationError, type Piece } from './location.ts';

/** An object larger than this is not read: no variable of a kernel's stack is. */
const MAX_OBJECT = 65536;

/**
 * The bytes of an object of `size` bytes, as they would lie in memory.
 * @param readBytes fills a buffer from memory @throws LocationError, MemoryFault
 */
export function objectBytes(
  location: Location,
  size: Bytes,
  context: ExpressionContext,
  readBytes: (at: bigint, into: Uint8Array) => void,
): Uint8Array {
  if (!(size <= MAX_OBJECT)) throw new LocationError(`object of ${size} bytes, more than ${MAX_OBJECT} are not read`);
  switch (location.in) {
    case 'memory': {
      const bytes = new Uint8Array(size);
      readBytes(location.address, bytes);
      return bytes;
    }
    case 'register': {
      const value = context.register(location.register);
      if (value === undefined) throw new LocationError(`register ${location.register} is not known in this frame`);
      return ofNumber(value, size, context.littleEndian);
    }
    case 'value':
      return ofNumber(location.value, size, context.littleEndian);
    case 'bytes': {
      if (location.bytes.length < size) throw new LocationError(`only ${location.bytes.length} of ${size} bytes`);
      return location.bytes.slice(0, size);
    }
    case 'pointer':
      throw new LocationError('points to an object that is optimized out');
    case 'pieces':
      return ofPieces(location.pieces, size, context, readBytes);
    case 'nowhere':
      throw new LocationError('optimized out');
  }
}

/** The low `size` bytes of a number. */
function ofNumber(value: bigint, size: Bytes, littleEndian: boolean): Uint8Array {
  if (size > 16) throw new LocationError(`object of ${size} bytes in one register`);
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    bytes[littleEndian ? i : size - 1 - i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
  return bytes;
}

function ofPieces(
  pieces: readonly Piece[],
  size: Bytes,
  context: ExpressionContext,
  readBytes: (at: bigint, into: Uint8Array) => void,
): Uint8Array {
  const out = new Uint8Array(size);
  let to = 0;
  for (const { location, bits, bitOffset } of pieces) {
    if (to >= size * 8) break;
    if (location.in === 'nowhere') throw new LocationError('partly optimized out');
    const wanted = Math.min(bits, size * 8 - to);
    const whole = Math.ceil((bitOffset + wanted) / 8);
    copyBits(objectBytes(location, whole, context, readBytes), bitOffset, out, to, wanted, context.littleEndian);
    to += bits;
  }
  if (to < size * 8) throw new LocationError('partly optimized out');
  return out;
}

/** Copies bits; their order inside a byte is that of the machine. */
function copyBits(
  from: Uint8Array,
  fromBit: number,
  into: Uint8Array,
  intoBit: number,
  count: number,
  littleEndian: boolean,
): void {
  if (((fromBit | intoBit | count) & 7) === 0) {
    into.set(from.subarray(fromBit / 8, (fromBit + count) / 8), intoBit / 8);
    return;
  }
  const mask = (bit: number) => (littleEndian ? 1 << (bit & 7) : 0x80 >> (bit & 7));
  for (let i = 0; i < count; i++) {
    if (((from[(fromBit + i) >> 3] as number) & mask(fromBit + i)) === 0) continue;
    const at = (intoBit + i) >> 3;
    into[at] = (into[at] as number) | mask(intoBit + i);
  }
}
