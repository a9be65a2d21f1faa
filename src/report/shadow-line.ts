import { integer, nullable, object, oneOf, type Schema } from './schema.ts';

/** What KASAN holds of an address, as data. */
export interface ShadowData {
  readonly byte: number;
  readonly meaning: string;
  readonly accessible: number | null;
}

/** What a byte of KASAN's shadow says. */
const SHADOW_WORDS: readonly (readonly [string, string])[] = [
  ['accessible', 'may be accessed'],
  ['partial', 'only its first bytes may be accessed'],
  ['freed-object', 'a freed object'],
  ['slab-redzone', 'red zone of an object'],
  ['freed-page', 'a freed page'],
  ['page-redzone', 'red zone of an object of whole pages'],
  ['global-redzone', 'red zone of a variable'],
  ['vmalloc-redzone', 'outside of every vmalloc area in use'],
  ['stack-redzone', 'red zone of a local variable'],
  ['alloca-redzone', 'red zone of a local variable'],
  ['unknown', 'unknown'],
];

export const shadowSchema: Schema = object('What KASAN holds of it.', {
  byte: integer('Its byte of shadow.'),
  meaning: oneOf(
    'What that says.',
    SHADOW_WORDS.map(([meaning]) => meaning),
  ),
  accessible: nullable(integer('Bytes from the beginning of the object on that may be accessed.')),
});

/** `KASAN: a freed object (shadow fb)` */
export function shadowLine({ byte, meaning, accessible }: ShadowData): string {
  const words = SHADOW_WORDS.find(([known]) => known === meaning)?.[1] ?? meaning;
  const room = accessible === null || accessible === 0 ? '' : `; of the object ${accessible} bytes may be accessed`;
  return `KASAN: ${words} (shadow ${byte.toString(16).padStart(2, '0')})${room}`;
}
