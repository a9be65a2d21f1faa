import type { CType } from '../types/c-type.ts';

/** A parsed C expression. */
export type Node =
  | { readonly kind: 'integer'; readonly value: bigint; readonly type: string }
  | { readonly kind: 'real'; readonly value: number }
  | { readonly kind: 'char'; readonly value: number }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'register'; readonly name: string }
  | { readonly kind: 'unary'; readonly op: string; readonly operand: Node }
  | { readonly kind: 'binary'; readonly op: string; readonly left: Node; readonly right: Node }
  | { readonly kind: 'conditional'; readonly test: Node; readonly yes: Node; readonly no: Node }
  | { readonly kind: 'cast'; readonly type: CType; readonly operand: Node }
  | { readonly kind: 'cast-typeof'; readonly of: Node; readonly pointers: number; readonly operand: Node }
  /** gdb's `{type} address`: what lies there as that type. */
  | { readonly kind: 'at'; readonly type: CType; readonly operand: Node }
  | { readonly kind: 'member'; readonly operand: Node; readonly name: string; readonly arrow: boolean }
  | { readonly kind: 'index'; readonly operand: Node; readonly index: Node }
  | { readonly kind: 'type'; readonly type: CType }
  | { readonly kind: 'sizeof'; readonly operand: Node }
  | { readonly kind: 'offsetof'; readonly type: CType; readonly path: string }
  | { readonly kind: 'container'; readonly operand: Node; readonly type: CType; readonly path: string };
