import { AnalysisError } from '../base/errors.ts';
import { hexPad } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { disassembleCodeLine, parseCodeLine } from '../disasm/code-line.ts';
import { instructionLine } from '../disasm/instruction-line.ts';
import type { Disassembler, Instruction, InstructionSetName } from '../program/instruction.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { LineObject } from './line-object.ts';

/** What turns machine code into text. */
export interface CodeReader {
  readonly disassembler: Disassembler;
  readonly set: InstructionSetName;
  readonly littleEndian: boolean;
}

/** Where the code of a `Code:` line lies. */
export interface CodeAt {
  readonly object: LineObject;
  readonly address: Addr;
}

/** Stands for an address that is not known; the instructions are then counted from the trapping one. */
const NOWHERE = 0x10000n;
/** Bytes of the longest instruction there is. */
const LONGEST = 15;

/**
 * The instructions of a `Code: ...` text, one a line, the trapping one marked; none when it has no code or that cannot be
 * disassembled.
 */
export function codeText(line: string, reader: CodeReader, at: CodeAt | undefined): readonly string[] {
  const code = parseCodeLine(line, reader.littleEndian);
  if (!code) return [];
  const pc = at?.address ?? NOWHERE;
  try {
    const { instructions, trap } = disassembleCodeLine(reader.disassembler, reader.set, code, pc);
    return wholeOnes(instructions, trap ?? 0).map((insn, i) => {
      const distance = Number(insn.address - pc);
      const place = `${distance < 0 ? '-' : '+'}0x${Math.abs(distance).toString(16)}`;
      const bytes = Array.from(insn.bytes, (b) => hexPad(b, 2)).join(' ');
      const text = instructionLine(insn, reader.set, (to) => at && functionAt(at.object, to), 16);
      return `${i === trap ? '>' : ' '} ${place.padStart(6)}:  ${bytes.padEnd(30)}  ${text.replaceAll('\t', ' ')}`;
    });
  } catch (e) {
    if (e instanceof AnalysisError) return [];
    throw e;
  }
}

/** Without the last instruction when the line cuts it off: its bytes would be shown as something else. */
function wholeOnes(instructions: readonly Instruction[], trap: number): readonly Instruction[] {
  const bad = instructions.findIndex((insn, i) => i > trap && insn.mnemonic === '(bad)');
  const last = instructions.at(-1);
  if (bad < 0 || !last) return instructions;
  const left = Number(last.address - (instructions[bad] as Instruction).address) + last.size;
  return left < LONGEST ? instructions.slice(0, bad) : instructions;
}

/** The function that the debug information has at an address, as far as the symbol table has it too. */
function functionAt(object: LineObject, at: Addr): KernelSymbol | undefined {
  const name = object.sourceAt(at)?.at(-1)?.name;
  if (!name) return undefined;
  const place = object.functions(name).find((f) => at >= f.address && at < f.address + BigInt(f.size));
  return place && { name, address: place.address, size: place.size, letter: 't' };
}
