/** `9.664545 s after boot`: cut off, not rounded, as the kernel prints times. @param nanoseconds since boot */
export function sinceBoot(nanoseconds: bigint | number): string {
  const micros = BigInt(typeof nanoseconds === 'number' ? Math.trunc(nanoseconds) : nanoseconds) / 1000n;
  return `${micros / 1_000_000n}.${(micros % 1_000_000n).toString().padStart(6, '0')} s after boot`;
}
