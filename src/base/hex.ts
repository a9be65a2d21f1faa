/** `0x…` without padding. */
export function hex(value: number | bigint): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

/** Hexadecimal digits without prefix, zero-padded to `digits`. */
export function hexPad(value: number | bigint, digits = 16): string {
  return value.toString(16).padStart(digits, '0');
}

/** The project's JSON form of a 64-bit value: `0x` and 16 digits. */
export function hex64(value: bigint): string {
  return `0x${value.toString(16).padStart(16, '0')}`;
}
