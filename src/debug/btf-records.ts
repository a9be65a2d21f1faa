import { BTF_KIND } from './btf-kinds.ts';

/** Words behind the three of every record, by kind: fixed ones, and ones for each of its `vlen` elements. */
export interface KindSizes {
  readonly known: Uint8Array;
  readonly fixed: Uint8Array;
  readonly each: Uint8Array;
}

/** @param stated sizes of a kind in bytes, fixed and for each element, as far as the section states them */
export function kindSizes(stated: readonly (readonly [number, number])[]): KindSizes {
  const sizes = { known: new Uint8Array(128), fixed: new Uint8Array(128), each: new Uint8Array(128) };
  for (const [kind, [fixed, each]] of stated.entries()) {
    if (kind === 0 || kind >= 128) continue;
    sizes.known[kind] = 1;
    sizes.fixed[kind] = fixed >>> 2;
    sizes.each[kind] = each >>> 2;
  }
  for (const kind of Object.values(BTF_KIND)) sizes.known[kind] = 1;
  for (const kind of [BTF_KIND.INT, BTF_KIND.VAR, BTF_KIND.DECL_TAG]) sizes.fixed[kind] = 1;
  sizes.fixed[BTF_KIND.ARRAY] = 3;
  for (const kind of [BTF_KIND.ENUM, BTF_KIND.FUNC_PROTO]) sizes.each[kind] = 2;
  for (const kind of [BTF_KIND.STRUCT, BTF_KIND.UNION, BTF_KIND.DATASEC, BTF_KIND.ENUM64]) sizes.each[kind] = 3;
  return sizes;
}

/** `kind` of a record whose second word is `info`. */
export function kindOf(info: number): number {
  return (info >>> 24) & 0x7f;
}

/** Word behind the record at `at`. */
export function recordEnd(words: Uint32Array, at: number, { fixed, each }: KindSizes): number {
  const info = words[at + 1] as number;
  const kind = kindOf(info);
  return at + 3 + (fixed[kind] as number) + (each[kind] as number) * (info & 0xffffff);
}
