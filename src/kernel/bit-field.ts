import type { MemberPlace } from '../types/c-type.ts';
import type { KernelStruct } from './kernel-struct.ts';

/** An unsigned member of at most 32 bits, bit-field or not, of an object that was copied. */
export function unsignedMember(object: KernelStruct, place: MemberPlace): number {
  const width = place.bitSize === 0 ? place.type.size * 8 : place.bitSize;
  if (place.bit === 0 && width === 32) return object.u32(place.offset);
  if (place.bit === 0 && width === 16) return object.u16(place.offset);
  const little = object.program.arch.littleEndian;
  const bytes = Math.ceil((place.bit + width) / 8);
  let value = 0;
  for (let i = 0; i < bytes; i++) value += object.u8(place.offset + i) * 2 ** (8 * (little ? i : bytes - 1 - i));
  // the first bit is the lowest, or of a big-endian CPU the highest
  const below = little ? place.bit : bytes * 8 - place.bit - width;
  return Math.floor(value / 2 ** below) % 2 ** width;
}
