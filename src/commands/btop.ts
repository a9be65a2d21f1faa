import { UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { parseAddress } from '../report/args.ts';
import { command } from '../report/command.ts';
import { shortDigits } from '../report/pad.ts';
import { arrayOf, hexString, object } from '../report/schema.ts';

interface BtopData {
  readonly addresses: readonly { readonly address: string; readonly frame: string }[];
}

export const btop = command<BtopData>({
  name: 'btop',
  summary: 'addresses as page frame numbers',
  description: ['The number of the page that an address lies in, both in hexadecimal.'],
  args: { operands: [{ name: 'address', help: 'an address in hexadecimal', required: true, many: true }] },
  examples: [{ line: 'btop 512a000', shows: 'The page of an address:', output: '512a000: 512a' }],
  schema: object('Addresses.', {
    addresses: arrayOf(
      'In the order of the line.',
      object('One address.', { address: hexString('The address.'), frame: hexString('Number of its page.') }),
    ),
  }),
  run({ prog }, args) {
    const addresses = args.operands.map((word) => {
      const address = parseAddress(word);
      if (address === undefined) throw new UsageError(`btop: invalid input: "${word}"`);
      return { address: hex64(address), frame: hex64(address / BigInt(prog.pageSize)) };
    });
    return { addresses };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: data.addresses.map((a) => `${shortDigits(a.address)}: ${shortDigits(a.frame)}`) };
  },
});
