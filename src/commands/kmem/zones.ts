import { hex64 } from '../../base/hex.ts';
import { memoryNodeRecords } from '../../kernel/zone.ts';
import { commandPart } from '../../report/command-part.ts';
import { counterLines, longestName } from '../../report/kernel-memory-lines.ts';
import { digits } from '../../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../../report/problems.ts';
import { arrayOf, hexString, integer, object, optional, record, string } from '../../report/schema.ts';

interface ZoneData {
  readonly node: number;
  readonly zone: number;
  readonly address: string;
  readonly name: string;
  readonly spanned: number;
  readonly present: number;
  readonly managed: number;
  readonly min: number;
  readonly low: number;
  readonly high: number;
  readonly counters: Readonly<Record<string, number>>;
}

interface ZonesData {
  readonly zones: readonly ZoneData[];
  readonly problems?: readonly ProblemData[];
}

/** `kmem -z`: the zones with their watermarks and counters. */
export const zones = commandPart<ZonesData>({
  name: 'zones',
  flag: 'z',
  schema: object('Zones.', {
    zones: arrayOf(
      'Node by node.',
      object('One zone.', {
        node: integer('Memory node.'),
        zone: integer('Number of the zone.'),
        address: hexString('Address of `struct zone`.'),
        name: string('Name.'),
        spanned: integer('Pages from the first to the last, holes included; 0 for a zone without memory.'),
        present: integer('Pages that are there.'),
        managed: integer('Pages that the page allocator has.'),
        min: integer('Watermark in pages.'),
        low: integer('Watermark in pages.'),
        high: integer('Watermark in pages.'),
        counters: record('`vm_stat`.', integer('Pages, or what the name says.')),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog }) {
    const { nodes, problems } = memoryNodeRecords(prog);
    const found = nodes.flatMap((node) =>
      node.zones.map(
        (z): ZoneData => ({
          node: z.node,
          zone: z.index,
          address: hex64(z.address),
          name: z.name,
          spanned: z.spanned,
          present: z.present,
          managed: z.managed,
          min: z.watermarks[0] ?? 0,
          low: z.watermarks[1] ?? 0,
          high: z.watermarks[2] ?? 0,
          counters: Object.fromEntries(z.counters),
        }),
      ),
    );
    return { zones: found, ...problemsOf(problems) };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: data.zones.flatMap(zoneLines) };
    yield* problemBlocks(data);
  },
});

function zoneLines(zone: ZoneData): string[] {
  const head = `NODE: ${zone.node}  ZONE: ${zone.zone}  ADDR: ${digits(zone.address)}  NAME: "${zone.name}"`;
  if (zone.spanned === 0) return [head, '  [unpopulated]', ''];
  const present = zone.present === zone.spanned ? '' : `  PRESENT: ${zone.present}`;
  const counters = Object.entries(zone.counters);
  return [
    head,
    `  SIZE: ${zone.spanned}${present}  MIN/LOW/HIGH: ${zone.min}/${zone.low}/${zone.high}`,
    '  VM_STAT:',
    ...counterLines(counters, longestName(counters)),
    '',
    '',
  ];
}
