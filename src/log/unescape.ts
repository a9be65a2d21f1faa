import { decodeUtf8 } from '../base/text.ts';

/** `\xNN` back to bytes, as /dev/kmsg writes what is not printable ASCII. */
export function unescapeBytes(bytes: Uint8Array): string {
  if (!bytes.includes(0x5c)) return decodeUtf8(bytes);
  const out = new Uint8Array(bytes.length);
  let size = 0;
  for (let at = 0; at < bytes.length; ) {
    const value = bytes[at] === 0x5c && bytes[at + 1] === 0x78 ? hexByte(bytes, at + 2) : -1;
    out[size++] = value < 0 ? (bytes[at] as number) : value;
    at += value < 0 ? 1 : 4;
  }
  return decodeUtf8(out.subarray(0, size));
}

function hexByte(bytes: Uint8Array, at: number): number {
  const [high, low] = [hexDigit(bytes[at]), hexDigit(bytes[at + 1])];
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
