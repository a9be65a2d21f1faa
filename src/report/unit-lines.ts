/** How the units of memory are written. */
export type UnitStyle = 'hex' | 'signed' | 'unsigned';

export interface MemoryLayout {
  /** Bytes of one unit. */
  readonly unit: number;
  readonly style: UnitStyle;
  /** A character for each byte, written behind the units of a line. */
  readonly characters?: string;
  /** What stands for a unit instead of its value: a symbol, the cache of an object. */
  readonly names?: Readonly<Record<string, string>>;
}

const LINE_BYTES = 16;
/** Characters that a decimal unit takes, as crash's columns are wide: signed, unsigned. */
const DECIMAL_WIDTH: Readonly<Record<number, readonly [number, number]>> = {
  1: [3, 3],
  2: [5, 5],
  4: [12, 12],
  8: [15, 20],
};

/**
 * Memory in crash's layout, 16 bytes a line: address, units, characters.
 * @param at address of the first unit @param values the units in hexadecimal, `0x` and two digits a byte
 */
export function* unitLines(at: bigint, values: readonly string[], layout: MemoryLayout): Iterable<string> {
  const perLine = LINE_BYTES / layout.unit;
  for (let first = 0; first < values.length; first += perLine) {
    const shown = values.slice(first, first + perLine).map((value) => unitText(value, layout));
    const address = (at + BigInt(first * layout.unit)).toString(16).padStart(16);
    let line = `${address}:  ${shown.map((text) => `${text} `).join('')}`;
    if (layout.characters !== undefined) {
      const from = first * layout.unit;
      line += ' '.repeat((perLine - shown.length) * ((shown[0] ?? '').length + 1));
      line += `  ${layout.characters.slice(from, from + shown.length * layout.unit)}`;
    }
    yield line;
  }
}

function unitText(value: string, { unit, style, names }: MemoryLayout): string {
  const name = names?.[value];
  if (name !== undefined) return name.padEnd(2 * unit);
  if (style === 'hex') return value.slice(2);
  // Only words carry a sign: crash writes smaller units as they are.
  const signed = style === 'signed' && unit >= 4 ? BigInt.asIntN(8 * unit, BigInt(value)) : BigInt(value);
  return signed.toString().padStart(DECIMAL_WIDTH[unit]?.[style === 'signed' ? 0 : 1] ?? 0);
}

/** A character for each byte; a dot for what is not printable ASCII. */
export function charactersOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += isPrintable(byte) ? String.fromCharCode(byte) : '.';
  return text;
}

export function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}
