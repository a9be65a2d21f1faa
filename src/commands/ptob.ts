import { UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { command } from '../report/command.ts';
import { shortDigits } from '../report/pad.ts';
import { arrayOf, hexString, object } from '../report/schema.ts';

interface PtobData {
  readonly frames: readonly { readonly frame: string; readonly address: string }[];
}

export const ptob = command<PtobData>({
  name: 'ptob',
  summary: 'page frame numbers as addresses',
  description: [
    'The address of the first byte of a page. A number is decimal unless it has 0x or a letter of hexadecimal.',
  ],
  args: { operands: [{ name: 'page', help: 'a page frame number', required: true, many: true }] },
  examples: [{ line: 'ptob 512a', shows: 'Where a page begins:', output: '512a: 512a000' }],
  schema: object('Pages.', {
    frames: arrayOf(
      'In the order of the line.',
      object('One page.', { frame: hexString('Its number.'), address: hexString('Address of its first byte.') }),
    ),
  }),
  run({ prog }, args) {
    const frames = args.operands.map((word) => {
      const frame = frameNumber(word);
      return { frame: hex64(frame), address: hex64(BigInt.asUintN(64, frame * BigInt(prog.pageSize))) };
    });
    return { frames };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: data.frames.map((f) => `${shortDigits(f.frame)}: ${shortDigits(f.address)}`) };
  },
});

function frameNumber(word: string): bigint {
  if (/^\d{1,19}$/.test(word)) return BigInt(word);
  if (/^(?:0x)?[0-9a-f]{1,16}$/i.test(word)) return BigInt(`0x${word.replace(/^0x/i, '')}`);
  throw new UsageError(`ptob: not a valid number: ${word}`);
}
