import { hex64 } from '../base/hex.ts';
import { digits } from './pad.ts';
import { arrayOf, boolean, hexString, integer, object, oneOf, optional, type Schema, string } from './schema.ts';

/** A slab cache, as data. */
export interface SlabCacheData {
  readonly address: string;
  readonly name: string;
  /** It was to be left out. */
  readonly ignored?: boolean;
  readonly objectSize?: number;
  readonly stride?: number;
  readonly allocated?: number;
  readonly total?: number;
  readonly slabs?: number;
  readonly slabBytes?: number;
  readonly objectsPerSlab?: number;
  readonly active?: number;
}

export const slabCacheSchema: Schema = object('A slab cache.', {
  address: hexString('Address of `struct kmem_cache`.'),
  name: string('Name.'),
  ignored: optional(boolean('It was not looked at, because the line asked so.')),
  objectSize: optional(integer('Bytes of an object as its users know it.')),
  stride: optional(integer('Bytes from one object to the next.')),
  allocated: optional(integer('Objects that are in use: on no free list and in no sheaf.')),
  total: optional(integer('Objects in all slabs.')),
  slabs: optional(integer('Slabs.')),
  slabBytes: optional(integer('Bytes of a slab.')),
  objectsPerSlab: optional(integer('Objects of a slab.')),
  active: optional(integer('Objects that /proc/slabinfo would call active.')),
});

export const SLAB_HEADER = 'CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME';

/** The line of a cache, as crash's `kmem -s` prints it. */
export function slabCacheLine(cache: SlabCacheData): string {
  const address = digits(cache.address);
  if (cache.ignored) return `${address} [IGNORED]${' '.repeat(36)}${cache.name}`;
  const right = (value: number | undefined, width: number): string => String(value ?? '').padStart(width);
  const size = `${(cache.slabBytes ?? 0) / 1024}k`;
  return (
    `${address} ${right(cache.objectSize, 8)} ${right(cache.allocated, 10)} ${right(cache.total, 9)} ` +
    `${right(cache.slabs, 6)} ${size.padStart(6)}  ${cache.name}`
  );
}

/** One slab, as data. */
export interface SlabData {
  readonly address: string;
  readonly memory: string;
  readonly node: number;
  readonly total: number;
  readonly free: number;
  readonly place: 'cpu' | 'cpu-partial' | 'node-partial' | 'full';
  readonly where: number;
  readonly first: string;
  readonly stride: number;
  /** A letter an object. */
  readonly states: string;
  /** `cpu 0` or `node 0` of the sheaf that holds an object, by index. */
  readonly sheaves?: Readonly<Record<string, string>>;
}

export const slabSchema: Schema = object('A slab.', {
  address: hexString('Address of its descriptor.'),
  memory: hexString('Where its objects begin.'),
  node: integer('Memory node.'),
  total: integer('Objects.'),
  free: integer('Those of them that are free.'),
  place: oneOf('The list that it is on.', ['cpu', 'cpu-partial', 'node-partial', 'full']),
  where: integer('CPU or node of that list.'),
  first: hexString('Address of the first object, behind what debugging puts before it.'),
  stride: integer('Bytes from one object to the next.'),
  states: string('One letter an object: A allocated, F free, C on the free list of the CPU, S in a sheaf.'),
  sheaves: optional({
    type: 'object',
    description: 'Whose sheaf an object is in, by its index.',
    additionalProperties: string('cpu or node and its number.'),
  }),
});

/** Letters of `SlabData.states`, by the state's number. */
const LETTERS = 'AFCS';

function stateLetters(states: Uint8Array): string {
  let text = '';
  for (const state of states) text += LETTERS[state] ?? '?';
  return text;
}

/** What `slabDataOf` takes: a slab as the walkers of the kernel's structures keep it. */
export interface SlabSource {
  readonly cache: { readonly size: number; readonly leftPad: number };
  readonly address: bigint;
  readonly memory: bigint;
  readonly node: number;
  readonly place: SlabData['place'];
  readonly where: number;
  readonly total: number;
  readonly free: number;
  readonly states: Uint8Array;
  readonly sheaves: ReadonlyMap<number, { readonly role: string; readonly where: number }>;
}

export function slabDataOf(slab: SlabSource): SlabData {
  const sheaves: Record<string, string> = {};
  for (const [i, sheaf] of slab.sheaves) sheaves[i] = `${sheaf.role === 'barn' ? 'node' : 'cpu'} ${sheaf.where}`;
  return {
    address: hex64(slab.address),
    memory: hex64(slab.memory),
    node: slab.node,
    total: slab.total,
    free: slab.free,
    place: slab.place,
    where: slab.where,
    first: hex64(slab.memory + BigInt(slab.cache.leftPad)),
    stride: slab.cache.size,
    states: stateLetters(slab.states),
    ...(slab.sheaves.size > 0 && { sheaves }),
  };
}

/** The lines that begin a slab. */
export function slabLines(slab: SlabData): string[] {
  const right = (value: number, width: number): string => String(value).padStart(width);
  return [
    '  SLAB              MEMORY            NODE  TOTAL  ALLOCATED  FREE',
    `  ${digits(slab.address)}  ${digits(slab.memory)}  ${right(slab.node, 4)}  ${right(slab.total, 5)}  ` +
      `${right(slab.total - slab.free, 9)}  ${right(slab.free, 4)}`,
    '  FREE / [ALLOCATED]',
  ];
}

/** A line an object: in brackets when it is allocated. @param only index of the one object that is wanted */
export function* objectLines(slab: SlabData, only?: number): Generator<string> {
  const first = BigInt(slab.first);
  for (let i = 0; i < slab.states.length; i++) {
    if (only !== undefined && i !== only) continue;
    const address = digits((first + BigInt(i * slab.stride)).toString(16).padStart(16, '0'));
    const state = slab.states[i];
    if (state === 'A') yield `  [${address}]`;
    else if (state === 'C' || (state === 'F' && slab.place === 'cpu')) yield `   ${address}  (cpu ${slab.where} cache)`;
    else if (state === 'S') yield `   ${address}  (${slab.sheaves?.[String(i)] ?? ''} sheaf)`;
    else yield `   ${address}  `;
  }
}

export const slabsSchema: Schema = arrayOf('Slabs.', slabSchema);
