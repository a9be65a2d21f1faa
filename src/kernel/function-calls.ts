import { AnalysisError } from '../base/errors.ts';
import type { Program } from '../program/program.ts';

/** Longer functions are not looked through. */
const MAX_SIZE = 0x2000;

/**
 * Whether a function of the kernel calls another directly: how the code of this kernel says what no type tells. False too
 * where that cannot be told, as without a disassembler.
 */
export function callsFunction(prog: Program, caller: string, callee: string): boolean {
  const set = prog.arch.instructionSet;
  const from = prog.findSymbol(caller);
  const to = prog.findSymbol(callee);
  if (!prog.disassembler || !set || !from || !to || from.size <= 0 || from.size > MAX_SIZE) return false;
  const code = new Uint8Array(from.size);
  if (prog.memory.tryRead(from.address, code) !== undefined) return false;
  try {
    return prog.disassembler.disassemble(code, from.address, set).some((insn) => insn.target === to.address);
  } catch (e) {
    if (e instanceof AnalysisError) return false;
    throw e;
  }
}
