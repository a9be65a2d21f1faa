import { BadDataError } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Disassembler, Instruction, InstructionSetName } from '../program/instruction.ts';

/** The machine code that an oops prints. */
export interface CodeLine {
  readonly code: Uint8Array;
  /** Offset of the instruction that trapped; undefined when none is marked. */
  readonly trap: Bytes | undefined;
}

const MAX_TOKENS = 512;

/**
 * Reads `Code: 48 8b <0f> 0b ...` (bytes) and `Code: aa0003f3 (f9406801) ...` (instruction words, printed as numbers).
 * Undefined for a line without code, such as `Code: Unable to access opcode bytes at 0x...`.
 * Source: show_opcodes() of arch/x86/kernel/dumpstack.c, dump_kernel_instr() of arch/arm64/kernel/traps.c, by their output.
 * @param line text with or without what stands before `Code:`
 */
export function parseCodeLine(line: string, littleEndian = true): CodeLine | undefined {
  const text = /(?:^|\s)Code: *(.*)$/.exec(line)?.[1];
  if (text === undefined) return undefined;
  const code: number[] = [];
  let trap: Bytes | undefined;
  let tokens = 0;
  for (const [, open = '', digits = ''] of text.matchAll(/([<(]?)\b([0-9a-f]{8}|[0-9a-f]{4}|[0-9a-f]{2})\b[>)]?/gi)) {
    if (++tokens > MAX_TOKENS) break;
    if (open !== '') trap = code.length;
    const bytes = digits.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
    code.push(...(littleEndian ? bytes.reverse() : bytes));
  }
  const rest = text.replace(/[<(]?\b(?:[0-9a-f]{8}|[0-9a-f]{4}|[0-9a-f]{2})\b[>)]?|\?\?|[*\s]/gi, '');
  return tokens > 0 && rest === '' ? { code: Uint8Array.from(code), trap } : undefined;
}

/** The instructions of a code line. */
export interface CodeListing {
  readonly instructions: readonly Instruction[];
  /** Index of the one that trapped. */
  readonly trap: number | undefined;
  /** Bytes at the start that belong to an instruction whose beginning the line does not show. */
  readonly skipped: Bytes;
}

const LONGEST = 15;

/**
 * Disassembles a code line. Where instructions differ in length, the line may begin inside one: the start is the first
 * from which one instruction begins at the trapping one.
 * @param pc address of the trapping instruction (of the first, when none is marked) @throws BadDataError for an empty line
 */
export function disassembleCodeLine(
  disassembler: Disassembler,
  set: InstructionSetName,
  { code, trap }: CodeLine,
  pc: Addr,
): CodeListing {
  if (code.length === 0) throw new BadDataError('Code:', 0, 'no machine code');
  const at = trap ?? 0;
  const after = disassembler.disassemble(code.subarray(at), pc, set);
  let best: readonly Instruction[] = [];
  let fewest = Number.POSITIVE_INFINITY;
  let skipped = at;
  for (let start = 0; start < Math.min(LONGEST, at); start++) {
    const before = disassembler.disassemble(code.subarray(start, at), pc - BigInt(at - start), set);
    const wrong = before.filter((i) => i.mnemonic === '(bad)').length;
    if (wrong >= fewest) continue;
    [best, fewest, skipped] = [before, wrong, start];
    if (wrong === 0) break;
  }
  return { instructions: [...best, ...after], trap: trap === undefined ? undefined : best.length, skipped };
}
