import { center, digits } from './pad.ts';
import { type ProblemData, problemsSchema } from './problems.ts';
import { arrayOf, hexString, integer, object, optional, type Schema, string } from './schema.ts';

interface NodeZone {
  readonly zone: number;
  readonly name: string;
  readonly address: string;
  readonly size: number;
  readonly memMap: string;
  readonly startAddress: number;
  readonly startFrame: number;
}

/** Memory nodes, sections and blocks, as data. */
export interface NodesData {
  readonly nodes: readonly {
    readonly node: number;
    readonly address: string;
    readonly size: number;
    readonly memMap: string;
    readonly startAddress: number;
    readonly startFrame: number;
    readonly zones: readonly NodeZone[];
  }[];
  readonly sections: readonly {
    readonly number: number;
    readonly address: string;
    readonly codedMap: string;
    readonly map: string;
    readonly state: string;
    readonly frame: number;
  }[];
  readonly blocks: readonly {
    readonly address: string;
    readonly name: string;
    readonly start: number;
    readonly end: number;
    readonly node: number;
    readonly state: string;
    readonly startSection: number;
  }[];
  readonly problems?: readonly ProblemData[];
}

const place = {
  size: integer('Pages from the first to the last, holes included.'),
  memMap: hexString('Descriptor of the first page.'),
  startAddress: integer('Physical address of the first page.'),
  startFrame: integer('Number of the first page frame.'),
};

export const nodesSchema: Schema = object('Physical memory.', {
  nodes: arrayOf(
    'Memory nodes.',
    object('One node.', {
      node: integer('Its number.'),
      address: hexString('Address of `struct pglist_data`.'),
      ...place,
      zones: arrayOf(
        'Zones.',
        object('One zone.', {
          zone: integer('Its number.'),
          name: string('Name.'),
          address: hexString('Address of `struct zone`.'),
          ...place,
        }),
      ),
    }),
  ),
  sections: arrayOf(
    'Sections of the memory map; none without SPARSEMEM.',
    object('One section.', {
      number: integer('Its number.'),
      address: hexString('Address of `struct mem_section`.'),
      codedMap: hexString('The map less its first page frame.'),
      map: hexString('Descriptor of its first page.'),
      state: string('P present, M has a map, O online, E early, D device memory.'),
      frame: integer('Its first page frame.'),
    }),
  ),
  blocks: arrayOf(
    'Memory blocks.',
    object('One block.', {
      address: hexString('Address of `struct memory_block`.'),
      name: string('Name of the device.'),
      start: integer('First physical address.'),
      end: integer('Last physical address.'),
      node: integer('Memory node.'),
      state: string('ONLINE, OFFLINE, GOING_OFFLINE or GOING_ONLINE.'),
      startSection: integer('First section.'),
    }),
  ),
  problems: optional(problemsSchema),
});

const hexOf = (value: number): string => value.toString(16);
const shortHex = (value: string): string => BigInt(value).toString(16);

/** As crash's `kmem -n` prints them. */
export function* nodesLines(data: NodesData): Generator<string> {
  for (const node of data.nodes) {
    yield 'NODE    SIZE      PGLIST_DATA       BOOTMEM_DATA       NODE_ZONES   ';
    const first = digits(node.zones[0]?.address ?? '');
    yield `${String(node.node).padStart(3)}   ${center(String(node.size), 8)}  ${digits(node.address)}  ${center('----', 16)}  ${first}`;
    for (const zone of node.zones.slice(1)) yield `${' '.repeat(52)}${digits(zone.address)}`;
    yield '    MEM_MAP          START_PADDR    START_MAPNR';
    yield `${digits(node.memMap)}    ${center(hexOf(node.startAddress), 12)}   ${odd(String(node.startFrame), 13)}`;
    yield '';
    yield 'ZONE  NAME         SIZE       MEM_MAP      START_PADDR  START_MAPNR';
    for (const zone of node.zones) yield zoneLine(zone);
    yield '';
  }
  if (data.sections.length > 0) {
    yield '-'.repeat(67);
    yield '';
    yield* sectionLines(data);
  }
  if (data.blocks.length > 0) yield* blockLines(data);
}

function zoneLine(zone: NodeZone): string {
  const name = `${String(zone.zone).padStart(3)}   ${zone.name.padEnd(9)}`;
  const frame = String(zone.startFrame).padStart(13);
  return `${name}${String(zone.size).padStart(8)}  ${shortHex(zone.memMap).padStart(16)}${hexOf(zone.startAddress).padStart(13)}${frame}`;
}

function* sectionLines({ sections }: NodesData): Generator<string> {
  const width = Math.max(2, ...sections.map((s) => String(s.number).length));
  yield `${'NR'.padStart(width)}      SECTION        CODED_MEM_MAP        MEM_MAP       STATE PFN`;
  for (const s of sections) {
    const start = `${String(s.number).padStart(width)}  ${digits(s.address)}  ${digits(s.codedMap)}  ${digits(s.map)}`;
    yield `${start}  ${s.state.padEnd(5)} ${String(s.frame).padEnd(16)}`;
  }
}

function* blockLines({ blocks }: NodesData): Generator<string> {
  yield '';
  const width = Math.max(10, ...blocks.map((b) => b.name.length));
  yield `   MEM_BLOCK        ${'NAME'.padEnd(width + 2)}PHYSICAL RANGE     NODE  STATE   START_SECTION_NO`;
  for (const b of blocks) {
    const range = `${hexOf(b.start).padStart(9)} - ${hexOf(b.end).padStart(8)}`;
    yield ` ${digits(b.address)}   ${b.name.padEnd(width)}${range}  ${String(b.node)}    ${b.state.padEnd(6)}  ${b.startSection}`;
  }
}

/** Centred, the odd space to the left. */
function odd(text: string, width: number): string {
  const left = Math.ceil((width - text.length) / 2);
  return (' '.repeat(Math.max(0, left)) + text).padEnd(width);
}
