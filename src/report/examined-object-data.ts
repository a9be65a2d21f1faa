import type { Language, Phrase } from '../base/phrase.ts';
import type { Block } from './block.ts';
import type { Evidence } from './finding.ts';
import { evidenceSchema, phraseSchema } from './finding-data.ts';
import {
  arrayOf,
  boolean,
  hexString,
  integer,
  nullable,
  object,
  oneOf,
  optional,
  type Schema,
  string,
} from './schema.ts';

/** A free list of the slab that an object is of. */
export interface FreeListData {
  readonly kind: 'slab' | 'cpu' | 'sheaf';
  /** CPU or node; null for the slab's own list. */
  readonly where: number | null;
  /** Where the head lies. */
  readonly headAt: string;
  readonly head: string;
  readonly objects: readonly string[];
  /** Why it ends other than with NULL. */
  readonly broken?: string;
}

/** An object that the dying code worked with. */
export interface ExaminedObjectData {
  readonly address: string;
  /** Registers and expressions that lead to it: `rdi`, `slab->freelist`. */
  readonly from: readonly string[];
  readonly name: Phrase;
  readonly state: Phrase;
  readonly cache: string | null;
  readonly type: string | null;
  /** Of a slab object: whether its user holds it. */
  readonly allocated?: boolean;
  /** Use of its page. */
  readonly page: string | null;
  readonly lists: readonly FreeListData[];
  /** The objects before and behind it in its slab. */
  readonly neighbours: readonly { readonly address: string; readonly allocated: boolean }[];
  readonly evidence: readonly Evidence[];
}

export const examinedObjectsSchema: Schema = arrayOf(
  'Objects that the dying code worked with.',
  object('An object.', {
    address: hexString('Where it begins.'),
    from: arrayOf('What leads to it.', string('A register, or an expression.')),
    name: phraseSchema('What it is.'),
    state: phraseSchema('Allocated or free, and where.'),
    cache: nullable(string('Slab cache.')),
    type: nullable(string('Type in C.')),
    allocated: optional(boolean('Of a slab object: whether its user holds it.')),
    page: nullable(string('Use of its page: slab, buddy, unused, table, anonymous, file, other.')),
    lists: arrayOf(
      'Free lists of its slab.',
      object('A list.', {
        kind: oneOf('Whose it is.', ['slab', 'cpu', 'sheaf']),
        where: nullable(integer("CPU or node; null for the slab's own list.")),
        headAt: hexString('Where the head lies.'),
        head: hexString('What the head points to.'),
        objects: arrayOf('Its objects, to a bound.', hexString('Address.')),
        broken: optional(string('Why it ends other than with NULL.')),
      }),
    ),
    neighbours: arrayOf(
      'The objects before and behind it in its slab.',
      object('An object.', { address: hexString('Address.'), allocated: boolean('Whether its user holds it.') }),
    ),
    evidence: evidenceSchema('What shows it.'),
  }),
);

const HEADING: Phrase = { en: 'Objects that the dying code worked with', zh: '出错代码所使用的对象' };
const BROKEN: Phrase = { en: 'its free list is broken', zh: '其空闲链表已损坏' };

/** One object a line. */
export function* examinedObjectBlocks(objects: readonly ExaminedObjectData[], language: Language): Iterable<Block> {
  if (objects.length === 0) return;
  yield { kind: 'heading', text: HEADING[language] };
  const items = objects.map((o) => {
    const broken = o.lists.some((l) => l.broken !== undefined) ? `; ${BROKEN[language]}` : '';
    return `${o.from.join(', ')}: ${o.name[language]}: ${o.state[language]}${broken}`;
  });
  yield { kind: 'list', items };
}
