/** Text centred in `width` columns, the odd space to the right. */
export function center(text: string, width: number): string {
  const left = Math.max(0, Math.floor((width - text.length) / 2));
  return (' '.repeat(left) + text).padEnd(width);
}

/** Text placed in `width` columns. */
export function align(text: string, width: number, where: 'left' | 'right' | 'center'): string {
  if (where === 'right') return text.padStart(width);
  return where === 'left' ? text.padEnd(width) : center(text, width);
}

/** The 16 digits of a JSON address, as crash prints addresses. */
export function digits(hex: string): string {
  return hex.startsWith('0x') ? hex.slice(2) : hex;
}

/** The digits of a JSON address without leading zeros. */
export function shortDigits(hex: string): string {
  return digits(hex).replace(/^0+(?=.)/, '');
}
