import { decodeUtf8 } from '../base/text.ts';

/** Text of a log record as a string; damaged UTF-8 becomes U+FFFD. */
export function logText(bytes: Uint8Array, from: number, to: number): string {
  return decodeUtf8(bytes.subarray(from, to));
}

/** `printk_caller_id()`: a CPU number with the top bit set in interrupt context, else a task's pid. */
export function printkCaller(id: number): string {
  return id & 0x80000000 ? `C${id & 0x7fffffff}` : `T${id}`;
}
