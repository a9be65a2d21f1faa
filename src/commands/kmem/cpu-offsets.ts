import { hex64 } from '../../base/hex.ts';
import { perCpuOffset, possibleCpus } from '../../kernel/percpu.ts';
import { commandPart } from '../../report/command-part.ts';
import { shortDigits } from '../../report/pad.ts';
import { arrayOf, hexString, integer, object } from '../../report/schema.ts';

interface OffsetData {
  readonly cpus: readonly { readonly cpu: number; readonly offset: string }[];
}

/** `kmem -o`: what is added to a per-CPU address for each CPU. */
export const cpuOffsets = commandPart<OffsetData>({
  name: 'perCpuOffsets',
  flag: 'o',
  schema: object('Offsets of per-CPU data.', {
    cpus: arrayOf(
      'CPUs.',
      object('One CPU.', { cpu: integer('Its number.'), offset: hexString('What is added to a per-CPU address.') }),
    ),
  }),
  run: ({ prog }) => ({
    cpus: possibleCpus(prog).map((cpu) => ({ cpu, offset: hex64(BigInt.asUintN(64, perCpuOffset(prog, cpu))) })),
  }),
  *blocks(data) {
    const width = Math.max(...data.cpus.map((c) => String(c.cpu).length));
    const rows = data.cpus.map((c) => `  CPU ${String(c.cpu).padStart(width)}: ${shortDigits(c.offset)}`);
    yield { kind: 'lines', lines: ['PER-CPU OFFSET VALUES:', ...rows] };
  },
});
