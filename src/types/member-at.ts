import type { Bytes } from '../base/units.ts';
import type { CType } from './c-type.ts';

const MAX_DEPTH = 8;

/**
 * The member of a struct that begins at an offset, as a path: structs and arrays are entered, of a union the first member
 * counts. Undefined where no member begins there.
 */
export function memberAt(type: CType, offset: Bytes): string | undefined {
  let current = type.resolve();
  let left = offset;
  let path = '';
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    if (current.kind === 'array') {
      const size = current.target?.size ?? 0;
      const index = size > 0 ? Math.floor(left / size) : -1;
      if (index < 0 || index >= current.length || !current.target) return undefined;
      path += `[${index}]`;
      left -= index * size;
      current = current.target.resolve();
    } else if (current.kind === 'struct' || current.kind === 'union') {
      const inside = current.members.find((m) => covers(m.bitOffset, m.type.size, left));
      if (!inside) return undefined;
      if (inside.name !== '') path += path === '' ? inside.name : `.${inside.name}`;
      left -= inside.bitOffset / 8;
      current = inside.type.resolve();
    } else break;
  }
  return left === 0 && path !== '' ? path : undefined;
}

function covers(bitOffset: number, size: Bytes, offset: Bytes): boolean {
  return bitOffset % 8 === 0 && offset >= bitOffset / 8 && offset < bitOffset / 8 + size;
}
