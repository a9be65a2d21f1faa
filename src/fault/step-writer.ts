import { hex, hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Bytes } from '../base/units.ts';
import { instructionLine } from '../disasm/instruction-line.ts';
import type { Program } from '../program/program.ts';
import type { Confidence, Evidence } from '../report/finding.ts';
import type { CType } from '../types/c-type.ts';
import { formatType } from '../types/format-type.ts';
import type { FaultStep, StepSource } from './chain.ts';
import type { FaultFrame } from './fault-frame.ts';
import type { Named } from './naming.ts';

/** What a step says beside where it is. */
export interface StepFacts {
  readonly named: Named;
  readonly what: Phrase;
  readonly value: bigint | undefined;
  readonly readFrom?: FaultStep['readFrom'];
  readonly confidence: Confidence;
  /** The value is one of the registers that the exception saved. */
  readonly saved?: string | undefined;
}

/** A step at an instruction of a frame. */
export function makeStep(frame: FaultFrame, index: number, facts: StepFacts): FaultStep {
  const { prog } = frame.context;
  const insn = frame.code.at(index);
  const { named, value, readFrom } = facts;
  const symbol = prog.symbolAt(insn.address) ?? frame.code.symbol;
  const type = named.type && typeText(named.type);
  const source = sourceOf(prog, insn.address);
  return {
    function: symbol.name,
    ...(symbol.module !== undefined && { module: symbol.module }),
    address: insn.address,
    place: `${symbol.name}+${hex(insn.address - symbol.address)}`,
    instruction: instructionText(frame, index) + veneerRemark(frame, index),
    ...(source && { source }),
    what: facts.what,
    expression: named.text,
    ...(type !== undefined && { type }),
    ...(value !== undefined && { value }),
    ...(readFrom && { readFrom }),
    confidence: facts.confidence,
    evidence: [...evidenceOf(facts), codeEvidence(frame, index)],
  };
}

function instructionText(frame: FaultFrame, index: number): string {
  const { prog } = frame.context;
  const set = prog.arch.instructionSet;
  const insn = frame.code.at(index);
  if (!set) return `${insn.mnemonic} ${insn.operandText}`;
  return instructionLine(insn, set, (at) => prog.symbolAt(at), 16);
}

/** The text of a call by way of a veneer names the veneer's place, which says nothing. */
function veneerRemark(frame: FaultFrame, index: number): string {
  const target = frame.code.veneerTarget(index);
  const symbol = target === undefined ? undefined : frame.context.prog.symbolAt(target);
  return symbol ? `, a veneer of ${symbol.name}` : '';
}

/** Where the code shown is compared with what is there. */
function codeEvidence(frame: FaultFrame, index: number): Evidence {
  const insn = frame.code.at(index);
  return {
    what: { en: 'the instruction', zh: '该指令' },
    value: instructionText(frame, index),
    command: `dis -x ${hex(insn.address)} 1`,
  };
}

function evidenceOf({ named, value, readFrom, saved }: StepFacts): Evidence[] {
  const found: Evidence[] = [];
  if (readFrom?.now !== undefined) found.push(memoryEvidence(named, readFrom.address, readFrom.size, readFrom.now));
  if (saved !== undefined && value !== undefined) {
    found.push({
      what: { en: `register ${saved} at the fault`, zh: `故障时的寄存器 ${saved}` },
      value: hexPad(value),
      command: 'bt',
    });
  }
  return found;
}

/** @param now what is there */
function memoryEvidence(named: Named, at: bigint, size: Bytes, now: bigint): Evidence {
  const unit = size === 8 ? '' : `-${size * 8} `;
  return {
    what: { en: `${named.text} in memory`, zh: `内存中的 ${named.text}` },
    value: hexPad(now, size * 2),
    command: `rd ${unit}${hex(at)}`,
  };
}

export function typeText(type: CType): string {
  return formatType(type);
}

/** File and line of an instruction, when there is debug information. */
function sourceOf(prog: Program, at: bigint): StepSource | undefined {
  if (!prog.has('lines')) return undefined;
  const places = prog.sourceAt(at);
  const [first] = places ?? [];
  if (!places || !first || first.file === '') return undefined;
  return { file: first.file, line: first.line, inlined: places.filter((p) => p.inlined).map((p) => p.name) };
}
