/**
 * Where a host keeps what was worked out of a debug file, for later runs. What it gives back is what was saved under that
 * key, whole, or nothing; it never fails.
 */
export interface DebugCache {
  load(key: string): Uint8Array | undefined;
  save(key: string, bytes: Uint8Array): void;
}
