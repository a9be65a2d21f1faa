import { hex64, hexPad } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { memoryOf, type SearchSpace } from '../kernel/search-areas.ts';
import type { SearchHit } from '../kernel/search-memory.ts';
import type { Program } from '../program/program.ts';
import { digits, shortDigits } from './pad.ts';
import { type ProblemData, problemsSchema } from './problems.ts';
import { arrayOf, hexString, integer, object, oneOf, optional, type Schema, string } from './schema.ts';
import { taskLine } from './stack-lines.ts';
import { type TaskName, taskNameSchema } from './task-data.ts';
import { charactersOf, unitLines } from './unit-lines.ts';

/** Units beside a hit. */
interface UnitsData {
  readonly values: readonly string[];
  readonly characters: string;
}

/** A place that was found. */
export interface HitData {
  readonly address: string;
  /** Of units; with two digits a byte. */
  readonly value?: string;
  /** The symbol or expression that it is. */
  readonly name?: string;
  /** Of texts: what begins there. */
  readonly text?: string;
  readonly before?: UnitsData;
  readonly after?: UnitsData;
}

/** What a search of memory found. */
export interface SearchData {
  readonly space: SearchSpace['kind'];
  readonly unit: number;
  readonly found: readonly { readonly task?: TaskName; readonly hits: readonly HitData[] }[];
  readonly problems?: readonly ProblemData[];
}

/** Characters shown of what begins with a text. */
const TEXT_SHOWN = 56;

const unitsSchema = object('Neighbouring units.', {
  values: arrayOf('The units.', string('Hexadecimal.')),
  characters: string('A character for each byte.'),
});

export const searchSchema: Schema = object('Places in memory.', {
  space: oneOf('Which addresses are meant.', ['kernel', 'user', 'physical']),
  unit: integer('Bytes of a unit; 1 of texts.'),
  found: arrayOf(
    'One entry, or with -t and -T one a task that has hits.',
    object('Places by address.', {
      task: optional(taskNameSchema),
      hits: arrayOf(
        'Ascending.',
        object('A place.', {
          address: hexString('Where it is.'),
          value: optional(string('The unit there, in hexadecimal.')),
          name: optional(string('The symbol or expression whose value it is.')),
          text: optional(string('What begins there; a dot for what is not printable.')),
          before: optional(unitsSchema),
          after: optional(unitsSchema),
        }),
      ),
    }),
  ),
  problems: optional(problemsSchema),
});

/** Bytes of what is searched for; 1: texts. */
export type SearchUnit = 1 | 2 | 4 | 8;

/** One of the values or texts that are searched for. */
export interface SearchTarget {
  readonly value: bigint;
  readonly name?: string;
  /** Of a text. */
  readonly text?: Uint8Array;
}

/** What hits are shown with. */
export interface ShownSearch {
  readonly prog: Program;
  readonly space: SearchSpace;
  readonly unit: SearchUnit;
  readonly targets: readonly SearchTarget[];
  readonly around: number;
}

/** Hits with what they are shown with. */
export function hitsData(show: ShownSearch, hits: readonly SearchHit[]): HitData[] {
  const { prog, space, unit, targets, around } = show;
  const memory = memoryOf(prog, space);
  return hits.map(({ address, target, value }) => {
    const { name, text } = targets[target] as SearchTarget;
    if (text) return { address: hex64(address), text: textAt(memory, address) };
    return {
      address: hex64(address),
      value: `0x${hexPad(value, 2 * unit)}`,
      ...(name !== undefined && { name }),
      ...(around > 0 && {
        before: unitsAt(memory, address - BigInt(around * unit), around, unit),
        after: unitsAt(memory, address + BigInt(unit), around, unit),
      }),
    };
  });
}

function textAt(memory: ReturnType<typeof memoryOf>, at: Addr): string {
  const bytes = new Uint8Array(TEXT_SHOWN);
  memory.readWhatIsThere(at, bytes);
  return charactersOf(bytes);
}

/** Units around a hit; what cannot be read is zero. */
function unitsAt(memory: ReturnType<typeof memoryOf>, at: Addr, count: number, unit: SearchUnit): UnitsData {
  const bytes = new Uint8Array(count * unit);
  memory.readWhatIsThere(BigInt.asUintN(64, at), bytes);
  const values = Array.from({ length: count }, (_, i) => {
    let value = '';
    for (let b = 0; b < unit; b++) value = hexPad(bytes[i * unit + b] as number, 2) + value;
    return `0x${value}`;
  });
  return { values, characters: charactersOf(bytes) };
}

/** In crash's layout. */
export function* hitLines(data: SearchData): Iterable<string> {
  for (const { task, hits } of data.found) {
    if (task) yield taskLine(task);
    for (const hit of hits) yield* oneHitLines(hit, data.unit);
    if (task) yield '';
  }
}

function* oneHitLines(hit: HitData, unit: number): Iterable<string> {
  const address = shortDigits(hit.address);
  const name = hit.name === undefined ? '' : `(${hit.name})`;
  if (hit.text !== undefined) yield `${address}: ${hit.text}`;
  if (hit.value === undefined) return;
  if (!hit.before || !hit.after) {
    yield `${address}: ${shortDigits(hit.value)} ${name}`;
    return;
  }
  const at = BigInt(hit.address);
  yield* neighbours(at - BigInt(hit.before.values.length * unit), hit.before, unit);
  yield `${address.padStart(16)}:  ${digits(hit.value)} ${name}`;
  yield* neighbours(at + BigInt(unit), hit.after, unit);
  yield '';
}

function neighbours(at: Addr, { values, characters }: UnitsData, unit: number): Iterable<string> {
  return unitLines(BigInt.asUintN(64, at), values, { unit, style: 'hex', characters });
}
