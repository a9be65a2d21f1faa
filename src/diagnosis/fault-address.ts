/** What the CPU said of the access that it could not do. */
export interface FaultAddress {
  readonly address: bigint;
  readonly access?: 'read' | 'write' | 'execute';
  /** The line of the log that states the address. */
  readonly line: string;
}

/** Lines that state the address: arch/x86/mm/fault.c, arch/x86/kernel/traps.c, arch/{arm64,loongarch,powerpc,riscv}/mm/fault.c of Linux 4.19 to 7.2. */
const ADDRESS: readonly RegExp[] = [
  /^BUG: (?:kernel NULL pointer dereference|unable to handle page fault for), address: (?:0x)?([0-9a-f]{8,16})/,
  /^BUG: unable to handle page fault for address: (?:0x)?([0-9a-f]{8,16})/,
  /^BUG: unable to handle kernel (?:NULL pointer dereference|paging request) at (?:virtual address )?(?:0x)?([0-9a-f]{8,16})/,
  /^(?:CPU \d+ )?Unable to handle kernel .* at virtual address (?:0x)?([0-9a-f]{8,16})/,
  /^BUG: (?:Kernel NULL pointer dereference|Unable to handle kernel data access) (?:on (?:read|write) )?at (?:0x)?([0-9a-f]{8,16})/,
  /general protection fault, (?:probably|maybe) for (?:non-canonical )?address 0x([0-9a-f]{1,16})/,
];

/** Lines that state the kind of access. */
const ACCESS: readonly (readonly [RegExp, FaultAddress['access']])[] = [
  [/^#PF: \w+ write access/, 'write'],
  [/^#PF: \w+ instruction fetch/, 'execute'],
  [/^#PF: \w+ read access/, 'read'],
  [/^BUG: [^:]+ on write at /, 'write'],
  [/^BUG: [^:]+ on read at /, 'read'],
  [/\bIABT\b/, 'execute'],
  [/\bWnR = 1\b/, 'write'],
  [/\bWnR = 0\b/, 'read'],
  // RISC-V's causes 12, 13 and 15, LoongArch's exceptions by their names
  [/^status: .* cause: 0*c$/, 'execute'],
  [/^status: .* cause: 0*d$/, 'read'],
  [/^status: .* cause: 0*f$/, 'write'],
  [/^ESTAT: \w+ \[PIF\]/, 'execute'],
  [/^ESTAT: \w+ \[PIL\]/, 'read'],
  [/^ESTAT: \w+ \[PIS\]/, 'write'],
];

/**
 * KASAN's byte of a wild address is out of reach as well, and its address is the one that the CPU states: kasan_non_canonical_hook(),
 * mm/kasan/report.c, tells which one was meant.
 */
const CHECKED =
  /^KASAN: (?:null-ptr-deref|probably user-memory-access|maybe wild-memory-access|user-memory-access|wild-memory-access) in range \[0x([0-9a-f]{16})-0x[0-9a-f]{16}\]/;
/** Lines from the first of a report to that one. */
const NEAR = 6;

/** Bits of the page fault error code that older kernels print behind `Oops: ` only. */
const WRITE = 2;
const FETCH = 16;
/** Lines that the details of one fault take: on some CPUs they come behind the registers. */
const DETAILS = 30;

/** The access that failed, by the lines of the report that killed the kernel; undefined when they tell of none. */
export function faultAddress(lines: readonly string[]): FaultAddress | undefined {
  for (const [i, line] of lines.entries()) {
    const digits = ADDRESS.map((pattern) => pattern.exec(line)?.[1]).find((found) => found !== undefined);
    if (digits === undefined) continue;
    const access = accessIn(lines.slice(i, i + DETAILS));
    const checked = lines.slice(i + 1, i + NEAR).find((l) => CHECKED.test(l));
    const meant = CHECKED.exec(checked ?? '')?.[1] ?? digits;
    return { address: BigInt(`0x${meant}`), line: checked ?? line, ...(access && { access }) };
  }
  return undefined;
}

function accessIn(lines: readonly string[]): FaultAddress['access'] {
  for (const line of lines) for (const [pattern, access] of ACCESS) if (pattern.test(line)) return access;
  const code = lines.map((line) => /^Oops: ([0-9a-f]{4})\b/.exec(line)?.[1]).find((found) => found !== undefined);
  if (code === undefined) return undefined;
  const bits = Number.parseInt(code, 16);
  return bits & FETCH ? 'execute' : bits & WRITE ? 'write' : 'read';
}
