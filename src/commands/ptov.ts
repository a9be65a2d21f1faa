import { UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import { perCpuOffset, possibleCpus } from '../kernel/percpu.ts';
import { parseAddress, parseCpus } from '../report/args.ts';
import { command } from '../report/command.ts';
import { digits, shortDigits } from '../report/pad.ts';
import { arrayOf, hexString, integer, object, optional } from '../report/schema.ts';

interface PtovData {
  readonly addresses: readonly {
    readonly physical?: string;
    readonly virtual?: string;
    readonly offset?: string;
    readonly cpus?: readonly { readonly cpu: number; readonly virtual: string }[];
  }[];
}

export const ptov = command<PtovData>({
  name: 'ptov',
  summary: 'physical addresses and per-CPU offsets as virtual addresses',
  description: [
    "The address of the kernel's direct map of a physical address, or with `offset:cpus` the addresses of a per-CPU offset: " +
      'of the CPUs listed, or of all (`:a`).',
  ],
  args: { operands: [{ name: 'address | offset:cpus', help: 'in hexadecimal', required: true, many: true }] },
  examples: [
    {
      line: 'ptov 1000000',
      shows: 'Where physical memory is mapped:',
      output: ['VIRTUAL           PHYSICAL        ', 'ffff8f13c1000000  1000000         '].join('\n'),
    },
    { line: 'ptov 1000:a', shows: 'A per-CPU offset of all CPUs:' },
  ],
  schema: object('Addresses.', {
    addresses: arrayOf(
      'In the order of the line.',
      object('One address.', {
        physical: optional(hexString('Physical address.')),
        virtual: optional(hexString('Its virtual address.')),
        offset: optional(hexString('Per-CPU offset.')),
        cpus: optional(
          arrayOf(
            'By CPU.',
            object('One CPU.', { cpu: integer('Its number.'), virtual: hexString('Virtual address.') }),
          ),
        ),
      }),
    ),
  }),
  run({ prog }, args) {
    const addresses = args.operands.map((word) => {
      const [first, cpus] = word.split(':') as [string, string | undefined];
      const value = parseAddress(first);
      if (value === undefined) throw new UsageError(`ptov: invalid input: "${word}"`);
      if (cpus === undefined) {
        // page frame 0 is where the direct map begins, whatever memory the machine has
        const virtual = addrAdd(prog.map.directMap(0), value);
        return { physical: hex64(value), virtual: hex64(virtual) };
      }
      const wanted = cpus === '' ? possibleCpus(prog) : parseCpus(cpus, possibleCpus(prog), 'ptov');
      return {
        offset: hex64(value),
        cpus: wanted.map((cpu) => ({ cpu, virtual: hex64(addrAdd(value, perCpuOffset(prog, cpu))) })),
      };
    });
    return { addresses };
  },
  *blocks(data) {
    yield {
      kind: 'lines',
      lines: data.addresses.flatMap((a, i) => (i === 0 ? addressLines(a) : ['', ...addressLines(a)])),
    };
  },
});

function addressLines(data: PtovData['addresses'][number]): string[] {
  if (data.cpus === undefined) {
    return [
      'VIRTUAL           PHYSICAL        ',
      `${shortDigits(data.virtual ?? '').padEnd(16)}  ${shortDigits(data.physical ?? '').padEnd(16)}`,
    ];
  }
  const width = Math.max(...data.cpus.map((c) => String(c.cpu).length));
  return [
    `PER-CPU OFFSET: ${shortDigits(data.offset ?? '')}`,
    '  CPU    VIRTUAL         ',
    ...data.cpus.map((c) => `  ${`[${c.cpu}]`.padStart(width + 2)}  ${digits(c.virtual)}`),
  ];
}
