/** How values are written. */
export interface PrintFormat {
  /** A format letter of gdb: x d u o t z c a f s; it applies to every scalar. */
  readonly letter?: string;
  /** Base of integers; 10 when absent. Pointers and constants of enumerations stay as they are. */
  readonly radix?: 10 | 16;
  /** Elements of an array and characters of a string at most; 256 when absent. */
  readonly elements?: number;
}

/** crash's and gdb's limit of elements and characters. */
export const PRINT_MAX = 256;
