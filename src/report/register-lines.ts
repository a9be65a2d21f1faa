import { digits, shortDigits } from './pad.ts';

/** One register in a dump of registers: its label, where it comes from, and how many digits are shown. */
interface Shown {
  readonly label: string;
  readonly from: string;
  readonly digits: number;
  /** Without leading zeros. */
  readonly short?: true;
  /** Spaces before it; 2 when absent. */
  readonly gap?: number;
  /** Followed by the symbol the address lies in. */
  readonly symbol?: true;
}

/** How crash prints the registers of one CPU's exception frames. */
export interface RegisterLayout {
  /** The register whose presence tells that this layout applies. */
  readonly marker: string;
  /** Label of the line that names the interrupted function; absent: the frame is numbered as any other. */
  readonly exception?: string;
  /** What only an exception saves: a CPU has no such register. */
  readonly saved?: readonly string[];
  readonly kernel: readonly (readonly Shown[])[];
  readonly user: readonly (readonly Shown[])[];
}

function reg(label: string, from = label.toLowerCase(), count = 16): Shown {
  return { label, from, digits: count };
}

function row(...shown: (Shown | string)[]): Shown[] {
  return shown.map((s) => (typeof s === 'string' ? reg(s) : s));
}

const x86Rows = [
  row('RIP', 'RSP', reg('RFLAGS', 'rflags', 8)),
  row('RAX', 'RBX', 'RCX'),
  row('RDX', 'RSI', 'RDI'),
  row('RBP', { ...reg('R8'), gap: 3 }, { ...reg('R9'), gap: 3 }),
  row('R10', 'R11', 'R12'),
  row('R13', 'R14', 'R15'),
  row('ORIG_RAX', reg('CS', 'cs', 4), reg('SS', 'ss', 4)),
];

const x86: RegisterLayout = { marker: 'rip', exception: 'RIP', saved: ['orig_rax'], kernel: x86Rows, user: x86Rows };

/** X29 down to X0, three a line; labels are right-aligned in three columns. */
function armGeneral(): Shown[][] {
  const rows: Shown[][] = [];
  for (let i = 29; i >= 0; i -= 3) {
    rows.push([i, i - 1, i - 2].map((n) => ({ ...reg(`X${n}`), gap: n < 10 ? 3 : 2 })));
  }
  return rows;
}

const arm: RegisterLayout = {
  marker: 'pstate',
  kernel: [
    [{ ...reg('PC'), gap: 3, symbol: true }],
    [{ ...reg('LR', 'x30'), gap: 3, symbol: true }],
    [{ ...reg('SP'), gap: 3 }, reg('PSTATE', 'pstate', 8)],
    ...armGeneral(),
  ],
  user: [
    [
      { ...reg('PC'), gap: 3 },
      { ...reg('LR', 'x30'), gap: 3 },
      { ...reg('SP'), gap: 3 },
    ],
    ...armGeneral(),
    [reg('ORIG_X0', 'orig_x0'), { ...reg('SYSCALLNO', 'syscallno', 8), short: true }, reg('PSTATE', 'pstate', 8)],
  ],
};

/** R0 up to R31, three a line, then what else `struct pt_regs` has. */
function ppcRows(symbol?: true): Shown[][] {
  const rows: Shown[][] = [];
  for (let i = 0; i < 32; i += 3) {
    rows.push(
      Array.from({ length: Math.min(3, 32 - i) }, (_, n) => ({ ...reg(`R${i + n}`), gap: i + n < 10 ? 3 : 2 })),
    );
  }
  const code = (label: string, from: string): Shown => ({ ...reg(label, from), ...(symbol && { symbol }) });
  return [
    [code('NIP', 'nip')],
    [{ ...code('LR', 'lr'), gap: 3 }],
    ...rows,
    row('MSR', 'CTR', 'XER'),
    row(reg('CCR', 'cr', 8), reg('ORIG_GPR3', 'orig_gpr3'), reg('TRAP', 'trap', 4)),
    row('DAR', reg('DSISR', 'dsisr', 8), reg('RESULT', 'result')),
  ];
}

const ppc: RegisterLayout = { marker: 'nip', kernel: ppcRows(true), user: ppcRows() };

const layouts = [x86, arm, ppc];

/** The layout for a set of registers; undefined when none fits. */
export function registerLayout(registers: Readonly<Record<string, string>>): RegisterLayout | undefined {
  return layouts.find((layout) => registers[layout.marker] !== undefined);
}

/** Registers of a frame as far as they are the machine's: those of a CPU are not what an exception saved. */
export function machineRegisters(
  registers: Readonly<Record<string, string>>,
  trust: string,
): Readonly<Record<string, string>> {
  const saved = trust === 'registers' ? registerLayout(registers)?.saved : undefined;
  return saved ? Object.fromEntries(Object.entries(registers).filter(([name]) => !saved.includes(name))) : registers;
}

/** Names of the registers that hold code addresses and are shown with their symbol. */
export function codeRegisters(registers: Readonly<Record<string, string>>): string[] {
  const rows = registerLayout(registers)?.kernel ?? [];
  return rows.flatMap((row) => row.filter((s) => s.symbol).map((s) => s.from));
}

/** Lines of registers, four columns in; registers that are not known are left out. */
export function registerLines(
  registers: Readonly<Record<string, string>>,
  user: boolean,
  symbols: Readonly<Record<string, string>> = {},
): string[] {
  const layout = registerLayout(registers);
  if (!layout) return plainLines(registers);
  const out: string[] = [];
  for (const shown of user ? layout.user : layout.kernel) {
    let text = '';
    for (const s of shown) {
      const value = registers[s.from];
      if (value === undefined) continue;
      const symbol = s.symbol && !user && symbols[s.from];
      const gap = ' '.repeat(text === '' ? (s.gap ?? 2) - 2 : (s.gap ?? 2));
      text += `${gap}${s.label}: ${s.short ? shortDigits(value) : digits(value).slice(16 - s.digits)}${symbol ? `  [${symbol}]` : ''}`;
    }
    if (text !== '') out.push(`    ${text}`);
  }
  return out;
}

function plainLines(registers: Readonly<Record<string, string>>): string[] {
  const all = Object.entries(registers).map(([name, value]) => `${name.toUpperCase()}: ${digits(value)}`);
  const out: string[] = [];
  for (let i = 0; i < all.length; i += 3) out.push(`    ${all.slice(i, i + 3).join('  ')}`);
  return out;
}
