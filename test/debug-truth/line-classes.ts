import type { DebugFile } from '../../src/debug/dwarf/debug-file.ts';
import { DW_AT } from '../../src/debug/dwarf/dw-at.ts';
import { functionChain } from '../../src/debug/dwarf/function-chain.ts';
import { LineTable } from '../../src/debug/dwarf/line-table.ts';
import { chainText, type NamedLine, plainPath, sameChain } from './addr2line-text.ts';
import type { Outcome } from './outcome.ts';

type Chain = readonly NamedLine[];

/** What was said about one address. */
export interface Answers {
  readonly address: bigint;
  readonly ours: Chain;
  readonly gnu: Chain;
  readonly llvm: Chain;
  /** elfutils. */
  readonly third: Chain;
}

/** What the file itself has at the address. */
export interface LineFacts {
  /** An entry of a function covers it. */
  readonly covered: boolean;
  /** Two symbols have the same address. */
  same(a: string, b: string): boolean;
  /** Path of the unit's own file, where the row's file register is 1 in DWARF 5, the value a program begins with. */
  readonly firstFile: string | undefined;
}

interface Kind {
  readonly name: string;
  readonly why: string;
  readonly holds: (a: Answers, facts: LineFacts) => boolean;
}

/** The first that holds explains a difference. Each needs two others that say what we say, or says who has no answer. */
const KINDS: readonly Kind[] = [
  {
    name: 'GNU takes file 1 for file 0',
    why: 'DWARF 5 counts files from 0; the row has file 1, a header, and GNU names file 0. LLVM and elfutils agree with us.',
    holds: (a, f) =>
      f.firstFile !== undefined &&
      differsInFile(a.ours, a.gnu, f.firstFile) &&
      (f.covered
        ? sameChain(a.ours, a.llvm) && sameChain(a.ours, a.third)
        : sameLine(a.ours, a.llvm) && sameLine(a.ours, a.third)),
  },
  {
    name: 'no function covers the address: name of the symbol before it',
    why: 'Padding between functions, or assembly without entries. File and line are equal; LLVM has no name then, GNU has ours.',
    holds: (a, f) =>
      !f.covered &&
      sameLine(a.ours, a.gnu) &&
      (sameLine(a.ours, a.llvm) || sameLine(a.ours, a.third)) &&
      a.ours[0]?.name === a.gnu[0]?.name,
  },
  {
    name: 'another name of the same function',
    why: 'Assembly gives one address several symbols, and an entry to each; file and line are equal.',
    holds: (a, f) =>
      a.ours.length === 1 &&
      sameLine(a.ours, a.gnu) &&
      (sameLine(a.ours, a.llvm) || sameLine(a.ours, a.third)) &&
      f.same(nameOf(a.ours), nameOf(a.gnu)),
  },
  {
    name: 'code outside of the ranges of all units',
    why: "The assembler moved alternatives behind their file's code: only the line table knows them. GNU and LLVM have no line, elfutils has ours.",
    holds: (a, f) => !f.covered && noLine(a.gnu) && noLine(a.llvm) && sameLine(a.ours, a.third),
  },
  {
    name: 'no line: GNU gives the file of the symbol table',
    why: 'No row of a line table covers the address; the file beside the symbol is where that was declared, without a line.',
    holds: (a) => a.ours.length === 0 && [a.gnu, a.llvm, a.third].every((chain) => chain.every((f) => f.line === 0)),
  },
  {
    name: 'behind the last row of a file',
    why: 'Padding up to the next file, in no unit and no line table. elfutils goes on with the row that ends the sequence; GNU, LLVM and we have no line.',
    holds: (a, f) => a.ours.length === 0 && !f.covered && noLine(a.gnu) && noLine(a.llvm),
  },
  {
    name: 'one peer alone differs',
    why: 'Both other peers say what we say.',
    holds: (a) => [a.gnu, a.llvm, a.third].filter((chain) => sameChain(a.ours, chain)).length >= 2,
  },
];

/** Puts one difference into its class. */
export function judge(answers: Answers, facts: LineFacts, into: Outcome): void {
  const kind = KINDS.find((k) => k.holds(answers, facts));
  const { ours, gnu, llvm, third } = answers;
  const rows = [`ours     ${chainText(ours)}`, `GNU      ${chainText(gnu)}`, `LLVM     ${chainText(llvm)}`];
  const example = [`0x${answers.address.toString(16)}`, ...rows, `elfutils ${chainText(third)}`].join('\n');
  into.differs(kind?.name ?? `${facts.covered ? 'inside' : 'outside'} of functions`, kind?.why, example);
}

function nameOf(chain: Chain): string {
  return chain[0]?.name ?? '';
}

/** Innermost file and line. */
function sameLine(a: Chain, b: Chain): boolean {
  const x = a[0];
  const y = b[0];
  return x !== undefined && y !== undefined && x.line === y.line && plainPath(x.file) === plainPath(y.file);
}

function noLine(chain: Chain): boolean {
  return chain.every((f) => f.line === 0);
}

/** Alike but for the innermost file, which is `file`; names may differ where only the symbol table has one. */
function differsInFile(ours: Chain, other: Chain, file: string): boolean {
  const [first, ...outer] = other;
  if (!first || !ours[0] || plainPath(first.file) !== plainPath(file)) return false;
  if (plainPath(ours[0].file) === plainPath(file)) return false;
  return sameChain(ours, [{ ...first, file: ours[0].file }, ...outer]);
}

/** Facts about an address of a file. */
export function lineFacts(file: DebugFile, address: bigint): LineFacts {
  const { dwarf } = file;
  const place = dwarf.place(address);
  const unit = dwarf.unitAt(place) ?? dwarf.unitBefore(place);
  let firstFile: string | undefined;
  const program = unit?.root().number(DW_AT.stmt_list);
  if (unit && program !== undefined && unit.header.version >= 5) {
    const table = new LineTable(dwarf, program, unit.header.addressSize);
    if (table.find(place)?.file === 1) firstFile = table.file(0, unit.directory);
  }
  return {
    covered: unit !== undefined && functionChain(unit, place).length > 0,
    same: (a, b) => addressesOf(file, a).some((x) => addressesOf(file, b).includes(x)),
    firstFile,
  };
}

function addressesOf(file: DebugFile, name: string): bigint[] {
  const found: bigint[] = [];
  const table = file.elf.symbols();
  for (let i = 1; table && i < table.count; i++) if (table.name(i) === name) found.push(file.elf.symbolAddress(i));
  return found;
}
