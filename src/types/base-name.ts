/** Words that make up the names of C's base types. */
const WORDS = new Set(['char', 'short', 'int', 'long', 'double', 'float', '_Bool', 'signed', 'unsigned', '__int128']);

/** Whether a word may be part of the name of a base type. */
export function isBaseWord(word: string): boolean {
  return WORDS.has(word);
}

/**
 * The shortest usual spelling of a base type: `long unsigned int`, as gcc writes it, is `unsigned long`. Any other name
 * stays as it is.
 */
export function baseName(name: string): string {
  if (!name.includes(' ') && name !== 'unsigned' && name !== 'signed') return name;
  const known = canonical.get(name);
  if (known !== undefined) return known;
  const words = name.trim().split(/\s+/);
  const text = words.every(isBaseWord) ? spelled(words) : name;
  if (canonical.size < 64) canonical.set(name, text);
  return text;
}

const canonical = new Map<string, string>();

function spelled(words: readonly string[]): string {
  const unsigned = words.includes('unsigned') ? 'unsigned ' : '';
  const longs = words.filter((w) => w === 'long').length;
  if (words.includes('char')) return words.includes('signed') ? 'signed char' : `${unsigned}char`;
  if (words.includes('double')) return longs > 0 ? 'long double' : 'double';
  if (words.includes('float')) return 'float';
  if (words.includes('_Bool')) return '_Bool';
  if (words.includes('__int128')) return `${unsigned}__int128`;
  if (words.includes('short')) return `${unsigned}short`;
  if (longs > 0) return `${unsigned}${longs > 1 ? 'long long' : 'long'}`;
  return `${unsigned}int`;
}
