/** A jump to a wild address. */
const NOWHERE =
  /^(?:RIP: 0010:|EIP: |PC is at |pc : |epc : |IP: |Krnl PSW : [0-9a-f]+ [0-9a-f]+ \()(?:\[<[0-9a-f]+>\] +)*(?:0x[0-9a-f]+\)?|\(null\))\s*$/;
/** The same on PowerPC, where registers of user space stand behind a trace in this form too. */
const POWER = /^NIP \[[0-9a-f]{8,16}\] 0x[0-9a-f]+\s*$/;

/** Whether a line of registers says that the CPU ran where no code is. @param traced whether a trace came before it */
export function runsNowhere(text: string, traced: boolean): boolean {
  return NOWHERE.test(text) || (!traced && POWER.test(text));
}
