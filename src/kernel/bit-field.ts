import type { MemberPlace } from '../types/c-type.ts';
import type { KernelStruct } from './kernel-struct.ts';

/** An unsigned member of at most 32 bits, bit-field or not, of an object that was copied. */
export function unsignedMember(object: KernelStruct, place: MemberPlace): number {
  const width = place.bitSize === 0 ? place.type.size * 8 : place.bitSize;
  if (place.bit === 0 && width === 32) return object.u32(place.offset);
  if (place.bit === 0 && width === 16) return object.u16(place.offset);
  let value = 0;
  for (let i = 0; i < place.bit + width; i += 8) value += object.u8(place.offset + i / 8) * 2 ** i;
  return Math.floor(value / 2 ** place.bit) % 2 ** width;
}
