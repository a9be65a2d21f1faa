/** One row as a test states it; the numbers are what the kernel in question uses. */
export interface OrcRow {
  readonly ip: bigint;
  readonly spOffset: number;
  readonly bpOffset: number;
  readonly spReg: number;
  readonly bpReg: number;
  /** The bits from bit 8 up. */
  readonly rest: number;
}

/** The two tables of a kernel or module, as arch/x86/include/asm/orc_types.h and its sorted addresses lay them out. */
export function writeOrc(rows: readonly OrcRow[], ipTable: bigint): { ips: Uint8Array; rows: Uint8Array } {
  const sorted = [...rows].sort((a, b) => (a.ip < b.ip ? -1 : 1));
  const ips = new DataView(new ArrayBuffer(sorted.length * 4));
  const out = new DataView(new ArrayBuffer(sorted.length * 6));
  sorted.forEach((row, i) => {
    ips.setInt32(i * 4, Number(row.ip - (ipTable + BigInt(i * 4))), true);
    out.setInt16(i * 6, row.spOffset, true);
    out.setInt16(i * 6 + 2, row.bpOffset, true);
    out.setUint16(i * 6 + 4, row.spReg | (row.bpReg << 4) | (row.rest << 8), true);
  });
  return { ips: new Uint8Array(ips.buffer), rows: new Uint8Array(out.buffer) };
}
