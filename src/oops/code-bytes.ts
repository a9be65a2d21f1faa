/** The kernel's `Code:` line. */
export interface CodeBytes {
  /** Bytes or words as printed, without marks, each in hexadecimal. */
  readonly units: readonly string[];
  /** Index of the unit at which it trapped; undefined when unmarked. */
  readonly trap?: number;
}

const LINE = /^Code: (.*)$/;
const MAX_UNITS = 256;

/** The first `Code:` line; the trapping instruction is in `<>` (x86) or in parentheses (Arm, RISC-V, others). */
export function readCode(lines: readonly string[]): CodeBytes | undefined {
  for (const line of lines) {
    const m = LINE.exec(line);
    if (!m) continue;
    const units: string[] = [];
    let trap: number | undefined;
    for (const word of (m[1] as string).split(/\s+/)) {
      const unit = /^([<(]?)([0-9a-f]{2,8})[>)]?$/.exec(word);
      if (!unit || units.length >= MAX_UNITS) continue;
      if (unit[1] !== '') trap ??= units.length;
      units.push(unit[2] as string);
    }
    if (units.length > 0) return { units, ...(trap !== undefined && { trap }) };
  }
  return undefined;
}
