/** The kernel's `Code:` line. */
export interface CodeBytes {
  /** Bytes or words as printed, without the marks, each in hexadecimal. */
  readonly units: readonly string[];
  /** Index of the unit at which it trapped; undefined when unmarked. */
  readonly trap?: number;
}
