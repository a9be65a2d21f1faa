import { UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { parseAddress } from '../report/args.ts';
import { lines } from '../report/block.ts';
import { command } from '../report/command.ts';
import { arrayOf, hexString, object, string } from '../report/schema.ts';

interface AsciiData {
  readonly values: readonly { readonly value: string; readonly text: string }[];
}

/** Names of the control characters (ISO/IEC 646). */
const CONTROLS = [
  ...['NUL', 'SOH', 'STX', 'ETX', 'EOT', 'ENQ', 'ACK', 'BEL', 'BS', 'HT', 'LF', 'VT', 'FF', 'CR', 'SO', 'SI'],
  ...['DLE', 'DC1', 'DC2', 'DC3', 'DC4', 'NAK', 'SYN', 'ETB', 'CAN', 'EM', 'SUB', 'ESC', 'FS', 'GS', 'RS', 'US', 'SP'],
];

function characterName(code: number): string {
  return code === 0x7f ? 'DEL' : (CONTROLS[code] ?? String.fromCharCode(code));
}

/** The bytes of a 64-bit value as they lie in memory. */
function text(value: bigint): string {
  let out = '';
  for (let i = 0n; i < 64n; i += 8n) {
    const code = Number((value >> i) & 0xffn);
    if (code > 0x7f) out += `<${code.toString(16)}>`;
    else out += code < 0x20 || code === 0x7f ? `<${characterName(code)}>` : String.fromCharCode(code);
  }
  return out;
}

function chart(): string[] {
  const rows = Array.from({ length: 16 }, (_, low) => {
    const cells = Array.from({ length: 8 }, (_, high) => {
      const name = characterName(high * 16 + low);
      return name.length === 1 ? ` ${name} ` : name.padStart(3);
    });
    return `  ${low.toString(16).toUpperCase()} | ${cells.join(' ')}`.trimEnd();
  });
  return ['', '      0    1   2   3   4   5   6   7', '    +-------------------------------', ...rows, ''];
}

export const ascii = command<AsciiData>({
  name: 'ascii',
  summary: 'characters of hexadecimal values, or the ASCII chart',
  description: ['The bytes of each value in the order in which they lie in memory. Without a value, the chart.'],
  args: { operands: [{ name: 'value', help: 'a hexadecimal value', many: true }] },
  examples: [{ line: 'ascii 62696c2f7273752f', shows: 'Text in a register:', output: '62696c2f7273752f: /usr/lib' }],
  schema: object('Characters.', {
    values: arrayOf(
      'The values asked for.',
      object('A value.', { value: hexString('The value.'), text: string('Its bytes as characters, lowest first.') }),
    ),
  }),
  run(_, { operands }) {
    return {
      values: operands.map((word) => {
        const value = parseAddress(word);
        if (value === undefined) throw new UsageError(`ascii: '${word}' is no hexadecimal value of up to 64 bits`);
        return { value: hex64(value), text: text(value) };
      }),
    };
  },
  *blocks({ values }) {
    yield lines(...(values.length === 0 ? chart() : values.map((v) => `${v.value.slice(2)}: ${v.text}`)));
  },
});
