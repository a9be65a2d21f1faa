/** A module of the kernel's `Modules linked in:` line. */
export interface LinkedModule {
  readonly name: string;
  /** Letters in its parentheses: `O` out of tree, `P` proprietary, `E` unsigned, `+` loading, `-` unloading. */
  readonly flags: string;
}
