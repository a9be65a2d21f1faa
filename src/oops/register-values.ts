/** `RAX: 0000000000000000`, `x29: ffff8003dd467a70`, `sp : ...`, `pstate: 40c00005`, `r10: ...`; a selector may stand before. */
const PAIR = /\b([A-Za-z][A-Za-z0-9_]{0,7}) ?: ?(?:[0-9a-f]{4}:)?(?:0x)?([0-9a-f]{16}|[0-9a-f]{8})(?![0-9a-f:])/g;
const LINE =
  /^\s*(?:[RE][A-D]X: |R(?:SP|BP|SI|DI)?\d*: ?|RSP: |RBP: |R\d\d: |E[SDB][PI]: |CR2: |CS: |FS: |[xr]\d{1,2} ?: ?|sp : |pc : |pstate: |psr: |[a-z]\w{0,2} ?: [0-9a-f]{8}|(?:ra|gp|t\d|s\d|a\d|epc) ?: )/;
/** Four registers behind the number of the first: PowerPC's `GPR00:`. */
const PPC = /^GPR(\d\d): ((?:[0-9a-f]{8,16} ?){1,4})/;
/** Four registers a line, the first one's behind `Krnl GPRS:` (s390). */
const S390 = /^\s*(Krnl GPRS:)?((?: +[0-9a-f]{16}){4})\s*$/;
const USER = /^RIP: 0033:|^RIP: 0023:/;
const MAX_REGISTERS = 64;

/** Registers of the first set that a report prints; the first value of a name counts, registers of user space do not. */
export function readRegisters(lines: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  let count = 0;
  let next = -1;
  for (const line of lines) {
    if (USER.test(line) || count >= MAX_REGISTERS) break;
    const four = S390.exec(line);
    if (four?.[1] !== undefined) next = 0;
    if (four && next >= 0 && next < 16) {
      for (const value of (four[2] as string).trim().split(/ +/)) found[`r${next++}`] ??= value;
      count += 4;
      continue;
    }
    const ppc = PPC.exec(line);
    if (ppc) {
      (ppc[2] as string)
        .trim()
        .split(' ')
        .forEach((value, i) => {
          found[`r${Number(ppc[1]) + i}`] ??= value;
          count++;
        });
      continue;
    }
    if (!LINE.test(line)) continue;
    for (const m of line.matchAll(PAIR)) {
      const name = (m[1] as string).toLowerCase();
      if (Object.hasOwn(found, name)) continue;
      found[name] = m[2] as string;
      count++;
    }
  }
  return found;
}
