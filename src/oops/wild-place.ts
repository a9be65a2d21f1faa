/** A jump to a wild address. */
const NOWHERE =
  /^(?:RIP: 0010:|EIP: |PC is at |pc : |epc : |IP: |Krnl PSW : [0-9a-f]+ [0-9a-f]+ \(|\s*ERA: [0-9a-f]{16} )(?:\[<[0-9a-f]+>\] +)*(?:0x([0-9a-f]{1,16})\)?|\(null\))\s*$/;
/** The same on PowerPC, where registers of user space stand behind a trace in this form too. */
const POWER = /^NIP \[[0-9a-f]{8,16}\] 0x([0-9a-f]{1,16})\s*$/;

/**
 * The address where a line of registers says that the CPU ran, when no code is there; undefined for any other line.
 * @param traced whether a trace came before it
 */
export function wildPlace(text: string, traced: boolean): bigint | undefined {
  const m = NOWHERE.exec(text) ?? (traced ? null : POWER.exec(text));
  return m ? BigInt(`0x${m[1] ?? '0'}`) : undefined;
}
