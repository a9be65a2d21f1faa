import { attempt } from '../base/attempt.ts';
import { hex, hex64, hexPad } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { disassembleCodeLine, parseCodeLine } from '../disasm/code-line.ts';
import { decodeCode, readCode } from '../disasm/code-range.ts';
import { instructionLine } from '../disasm/instruction-line.ts';
import type { Disassembler, Instruction, InstructionSetName } from '../program/instruction.ts';
import type { Program } from '../program/program.ts';
import type { CrashCode } from '../report/crash-report.ts';
import type { FrameData } from '../report/stack-data.ts';

/** Instructions before and from the one that trapped on. */
const BEFORE = 8;
const FROM = 6;
/** Bytes of a long instruction. */
const LONGEST = 16;
/** The kernel could not read its own code: arch/x86/kernel/dumpstack.c, show_opcodes(). */
const BYTES_LACK = /^Code: (?:Unable to access|Bad RIP)/;
/** A longer function is not decoded from its beginning. */
const MAX_FUNCTION = 0x20000;

/**
 * The machine code around the instruction at which a CPU was interrupted: from memory, or from the `Code:` line of the log
 * where memory does not have it. Undefined when neither tells, or when the frame is no interrupted one.
 * @param log the log from the fatal report on
 */
export function crashCode(prog: Program, frame: FrameData | undefined, log: readonly string[]): CrashCode | undefined {
  const { disassembler } = prog;
  const set = prog.arch.instructionSet;
  if (!disassembler || !set || !frame?.interrupted || frame.stack === 'user') return undefined;
  const pc = BigInt(frame.pc);
  const unknown = pc === 0n && frame.symbol !== null;
  return attempt(
    () => (unknown ? undefined : fromMemory(prog, disassembler, set, pc)) ?? fromLog(prog, disassembler, set, pc, log),
  );
}

function fromMemory(
  prog: Program,
  disassembler: Disassembler,
  set: InstructionSetName,
  pc: Addr,
): CrashCode | undefined {
  const symbol = prog.symbolAt(pc);
  const inside = symbol && pc - symbol.address < BigInt(MAX_FUNCTION) ? Number(pc - symbol.address) : 0;
  const after = FROM * LONGEST;
  // The function is decoded from its beginning, for instructions cannot be found backwards.
  for (const back of inside > 0 ? [inside, 0] : [0]) {
    const code = attempt(() =>
      decodeCode(disassembler, set, readCode(prog.memory, pc - BigInt(back), back + after), 0, Infinity),
    );
    const at = code?.findIndex((i) => i.address === pc) ?? -1;
    if (!code || at < 0) continue;
    const shown = code.slice(Math.max(0, at - BEFORE), at + FROM);
    const end = symbol && symbol.size > 0 ? symbol.address + BigInt(symbol.size) : undefined;
    return codeOf(
      prog,
      set,
      'memory',
      shown.filter((i) => end === undefined || i.address < end || i.address === pc),
      pc,
    );
  }
  return undefined;
}

function fromLog(
  prog: Program,
  disassembler: Disassembler,
  set: InstructionSetName,
  pc: Addr,
  log: readonly string[],
): CrashCode | undefined {
  for (const line of log) {
    const code = parseCodeLine(line, prog.arch.littleEndian);
    if (BYTES_LACK.test(line)) return undefined; // a later line has the code of user space
    if (!code || code.trap === undefined) continue;
    const { instructions, trap = 0 } = disassembleCodeLine(disassembler, set, code, pc);
    const cut = instructions.findIndex((insn, i) => i > trap && insn.mnemonic === '(bad)');
    const whole = instructions.slice(Math.max(0, trap - BEFORE), cut < 0 ? trap + FROM : Math.min(cut, trap + FROM));
    return codeOf(prog, set, 'log', whole, pc);
  }
  return undefined;
}

function codeOf(
  prog: Program,
  set: InstructionSetName,
  from: CrashCode['from'],
  instructions: readonly Instruction[],
  pc: Addr,
): CrashCode {
  return {
    from,
    instructions: instructions.map((insn) => {
      const symbol = prog.symbolAt(insn.address);
      const offset = symbol ? insn.address - symbol.address : 0n;
      return {
        address: hex64(insn.address),
        place: symbol ? `${symbol.name}+${hex(offset)}` : null,
        bytes: Array.from(insn.bytes, (b) => hexPad(b, 2)).join(' '),
        text: instructionLine(insn, set, (at) => prog.symbolAt(at), 16),
        trap: insn.address === pc,
      };
    }),
  };
}
