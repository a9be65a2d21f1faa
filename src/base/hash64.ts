const PRIME = 0x100000001b3n;
const BASIS = 0xcbf29ce484222325n;
const MASK = (1n << 64n) - 1n;

/** 64-bit FNV-1a of a text's UTF-16 units, low byte first. Not for secrets. */
export function hash64(text: string): bigint {
  let h = BASIS;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    h = ((h ^ BigInt(unit & 0xff)) * PRIME) & MASK;
    if (unit > 0xff) h = ((h ^ BigInt(unit >> 8)) * PRIME) & MASK;
  }
  return h;
}
