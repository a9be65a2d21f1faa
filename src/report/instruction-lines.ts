import { FORCED } from './debug-doubts.ts';
import { shortDigits } from './pad.ts';
import { hexString, integer, nullable, object, optional, type Schema, string } from './schema.ts';

/** A machine instruction as JSON; addresses are `0x` and 16 digits. */
export interface InstructionData {
  readonly address: string;
  readonly symbol: string | null;
  readonly offset: number;
  readonly module: string | null;
  readonly bytes: string;
  readonly mnemonic: string;
  readonly operands: string;
  /** With symbols. */
  readonly text: string;
  readonly target: string | null;
  readonly reference: string | null;
  readonly file: string | null;
  readonly line: number | null;
  /** File and line come from a file of another build. */
  readonly doubt?: string;
  /** What the file has instead, when the bytes were changed at run time. */
  readonly patched?: { readonly bytes: string; readonly text: string; readonly kind: string | null };
}

export const instructionSchema: Schema = object('One instruction.', {
  address: hexString('Where it is.'),
  symbol: nullable(string('Function; null when no symbol covers it.')),
  offset: integer('Bytes into the function.'),
  module: nullable(string('Module of the function; null for the kernel itself.')),
  bytes: string('Machine code, two digits a byte.'),
  mnemonic: string('Name; `(bad)` for bytes that are no instruction.'),
  operands: string('Operands without symbols.'),
  text: string('Name and operands with symbols.'),
  target: nullable(hexString('Where a direct call or jump goes.')),
  reference: nullable(hexString('Data address that is formed relative to the instruction.')),
  file: nullable(string('Source file, with -l.')),
  line: nullable(integer('Line in it, with -l.')),
  doubt: optional(string('Why file and line may be wrong.')),
  patched: optional(
    object('What the file has there, when it was rewritten at run time.', {
      bytes: string('Its machine code at the same place.'),
      text: string('Its instructions that begin there; empty inside of a longer one.'),
      kind: nullable(string('What rewrote it, where that is known.')),
    }),
  ),
});

/** In the layout of crash and gdb. @param base of offsets into symbols */
export function* instructionLines(instructions: readonly InstructionData[], base: 10 | 16): Iterable<string> {
  let place = '';
  for (const i of instructions) {
    const now = i.file === null ? '' : `${i.file}: ${i.line}${i.doubt === undefined ? '' : FORCED}`;
    if (now !== place && now !== '') yield now;
    place = now;
    const offset = base === 16 ? `0x${i.offset.toString(16)}` : `${i.offset}`;
    const label = i.symbol === null ? '' : ` <${i.symbol}${i.offset === 0 ? '' : `+${offset}`}>`;
    yield `0x${shortDigits(i.address)}${label}:\t${i.text}${ftraceMark(i)}${patchedText(i)}`;
  }
}

/** What compilers put at the beginning of a function for tracing, when that is off; crash marks it there and only there. */
function ftraceMark(i: InstructionData): string {
  const room = i.offset === 0 && i.symbol !== null && i.mnemonic === 'nopl' && i.operands === '0x0(%rax,%rax,1)';
  return room ? ' [FTRACE NOP]' : '';
}

function patchedText({ patched }: InstructionData): string {
  if (!patched) return '';
  if (patched.text === '') return '  [file: ^]';
  return `  [file: ${patched.text}${patched.kind === null ? '' : `; ${patched.kind}`}]`;
}
