import { hex } from '../base/hex.ts';
import type { CType } from '../types/c-type.ts';
import type { Origin } from './origin.ts';

/** A value as C would write it, with its type as far as that is known. */
export interface Named {
  readonly text: string;
  readonly type?: CType | undefined;
}

export function leaf<T extends { readonly type: CType }>(found: readonly T[]): T | undefined {
  return found.find((m) => !['struct', 'union', 'array'].includes(m.type.kind)) ?? found[0];
}

/** What a pointer type says of its target. */
export function hintKey(type: CType | undefined): string {
  const pointer = type?.resolve();
  const target = pointer?.kind === 'pointer' ? pointer.target?.resolve() : undefined;
  return target ? `${target.kind} ${target.name}` : '';
}

/** In parentheses when it is a sum. */
export function inner(text: string): string {
  return / [+-] /.test(text.replaceAll(/\([^()]*(?:\([^()]*\)[^()]*)*\)/g, '')) ? `(${text})` : text;
}

/** `+ 0x10`, nothing for 0. */
export function signedText(offset: bigint): string {
  if (offset === 0n) return '';
  return offset < 0n ? ` - ${hex(-offset)}` : ` + ${hex(offset)}`;
}

export function placeText(origin: Origin): string {
  if (origin.place === '') return origin.kind === 'stack' ? 'stack' : '?';
  return typeof origin.place === 'string'
    ? `%${/^\w*?\d*(?=[lr+\d]*$)/.exec(origin.place)?.[0] || origin.place}`
    : `stack${signedText(BigInt(origin.place))}`;
}
