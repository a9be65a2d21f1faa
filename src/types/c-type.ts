import type { Bytes } from '../base/units.ts';

export type TypeKind =
  | 'void'
  | 'int'
  | 'float'
  | 'enum'
  | 'pointer'
  | 'array'
  | 'struct'
  | 'union'
  | 'typedef'
  | 'const'
  | 'volatile'
  | 'restrict'
  | 'function'
  | 'forward';

/** A member of a struct or union, as it is declared. */
export interface Member {
  /** '' for an anonymous struct or union. */
  readonly name: string;
  readonly type: CType;
  /** From the start of the struct, in bits. */
  readonly bitOffset: number;
  /** Width of a bit-field in bits; 0 for an ordinary member. */
  readonly bitSize: number;
}

/** A member found by path, through anonymous and nested structs. */
export interface MemberPlace {
  readonly type: CType;
  /** From the start of the outermost struct; of a bit-field the byte that holds its first bit. */
  readonly offset: Bytes;
  /** First bit inside the byte at `offset`, for a bit-field. */
  readonly bit: number;
  /** Width of a bit-field in bits; 0 for an ordinary member. */
  readonly bitSize: number;
}

export interface Enumerator {
  readonly name: string;
  readonly value: bigint;
}

/** A C type of the kernel, whatever it was read from. Members are decoded on first use. */
export interface CType {
  readonly kind: TypeKind;
  /** Tag or name; '' when anonymous or when the kind has none. */
  readonly name: string;
  /** In bytes, typedefs and qualifiers looked through; 0 for void, functions and forward declarations. */
  readonly size: Bytes;
  /** Of an int or enum. */
  readonly signed: boolean;
  /** What a pointer, array, typedef, qualifier leads to, or a function returns. */
  readonly target: CType | undefined;
  /** Elements of an array. */
  readonly length: number;
  /** An array that is declared with no elements, `[0]`; where it is absent a length of 0 may also stand for `[]`. */
  readonly declaredEmpty?: true;
  /** Of a struct or union. */
  readonly members: readonly Member[];
  readonly enumerators: readonly Enumerator[];
  /** Parameters of a function. */
  readonly parameters: readonly { readonly name: string; readonly type: CType }[];
  /** The type behind typedefs and qualifiers. */
  resolve(): CType;
  /** The member at a path such as `thread.sp`, `rss_stat.count[1]` or `tasks`; looks through typedefs. */
  findMember(path: string): MemberPlace | undefined;
}
