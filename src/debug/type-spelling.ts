const SIZES = new Set(['char', 'short', 'int', 'long', 'double', '_Bool']);

/**
 * The ways in which compilers write the base type `name`: gcc's `long unsigned int` is clang's and C's `unsigned long`.
 * Any other name is just itself.
 */
export function spellings(name: string): readonly string[] {
  const words = name.trim().split(/\s+/);
  if (!words.every((w) => SIZES.has(w) || w === 'unsigned' || w === 'signed')) return [name];
  if (name === '_Bool' || words.includes('double')) return [name];
  const unsigned = words.includes('unsigned');
  const long = words.filter((w) => w === 'long').length;
  if (words.includes('char'))
    return [name, unsigned ? 'unsigned char' : words.includes('signed') ? 'signed char' : 'char'];
  if (words.includes('short'))
    return unsigned ? [name, 'short unsigned int', 'unsigned short'] : [name, 'short int', 'short'];
  if (long === 0) return unsigned ? [name, 'unsigned int'] : [name, 'int'];
  const size = long > 1 ? 'long long' : 'long';
  return unsigned ? [name, `${size} unsigned int`, `unsigned ${size}`] : [name, `${size} int`, size];
}
