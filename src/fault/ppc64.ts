import type { Addr, Bytes } from '../base/units.ts';
import type { Instruction } from '../program/instruction.ts';
import type { Callee, Exits, Flow, Machine, NameAt, Relation, Test } from './machine.ts';
import { NEGATED, NO_RETURN } from './machine.ts';
import { ppcAccesses, ppcEffects, ppcRegister, termOf } from './ppc64-effects.ts';
import { constant, register } from './term.ts';

/** Behind a function's first two instructions, which set the table of contents, calls of its own module enter it. */
const LOCAL_ENTRY = 8n;

function functionAt(at: Addr, nameAt: NameAt): Addr {
  return nameAt(at) === undefined && nameAt(at - LOCAL_ENTRY) !== undefined ? at - LOCAL_ENTRY : at;
}

const CONDITION = /^b(?:eq|ne|lt|gt|le|ge|so|ns|un|nu|dn?z[tf]?|c)(?:lr|ctr)?[+-]?$/;

function isConditional(insn: Instruction): boolean {
  return insn.flow === 'jump' && CONDITION.test(insn.mnemonic) && insn.mnemonic !== 'bctr';
}

function flow(insn: Instruction, nameAt: NameAt): Flow {
  const stop: Flow = { falls: false, target: undefined, indirect: false };
  if (insn.flow === 'return' || /^h?rfi?d?$|^rfscv$/.test(insn.mnemonic)) return stop;
  if (insn.flow === 'call') {
    const name = insn.target === undefined ? undefined : nameAt(functionAt(insn.target, nameAt));
    return { ...stop, falls: name === undefined || !NO_RETURN.test(name) };
  }
  if (insn.flow !== 'jump') return { ...stop, falls: insn.mnemonic !== 'trap' };
  if (isConditional(insn)) return { falls: true, target: insn.target, indirect: /ctr/.test(insn.mnemonic) };
  return insn.target === undefined ? { ...stop, indirect: true } : { ...stop, target: insn.target };
}

function callee(insn: Instruction, nameAt: NameAt): Callee | undefined {
  if (insn.flow !== 'call' && insn.flow !== 'jump') return undefined;
  if (insn.target !== undefined) return { address: functionAt(insn.target, nameAt) };
  return /ctr/.test(insn.mnemonic) ? { operand: register('ctr') } : undefined;
}

/** Branches that do not link: `b` (primary opcode 18), `bc` (16), `bcctr` (19, extended 528). Power ISA 3.0B, book I, 2.4. */
function exits(code: Uint8Array, start: Addr, nameAt: NameAt): Exits {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  const targets = new Set<Addr>();
  let indirect = false;
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = view.getUint32(at, true);
    if ((word & 1) !== 0) continue;
    if (word >>> 26 === 19 && ((word >>> 1) & 0x3ff) === 528) indirect = true;
    const offset = branchOffset(word);
    if (offset !== undefined && (at + offset < 0 || at + offset >= code.length))
      targets.add(functionAt(start + BigInt(at + offset), nameAt));
  }
  return { targets: [...targets], indirect };
}

function branchOffset(word: number): Bytes | undefined {
  if ((word & 2) !== 0) return undefined; // absolute
  if (word >>> 26 === 18) return ((word & 0x03fffffc) << 6) >> 6;
  return word >>> 26 === 16 ? ((word & 0xfffc) << 16) >> 16 : undefined;
}

const RELATIONS: Readonly<Record<string, Relation>> = {
  ...{ eq: '==', ne: '!=', lt: '<', ge: '>=', gt: '>', le: '<=' },
};
const COMPARE = /^cmp(l?)([wd])(i?)$/;

/** The condition register's field that a compare sets, or that a text of operands begins with. */
function fieldOf(text: string): string {
  return /^cr(\d)\b/.exec(text)?.[1] ?? '0';
}

/** What a jump or a selection asks for, and of which field. */
function asked({ mnemonic, operandText }: Instruction): { relation: Relation; field: string } | undefined {
  if (mnemonic === 'isel') {
    const bit = /,(?:4\*cr(\d)\+)?(eq|lt|gt)$/.exec(operandText);
    return bit ? { relation: RELATIONS[bit[2] as string] as Relation, field: bit[1] ?? '0' } : undefined;
  }
  const relation = RELATIONS[/^b(eq|ne|lt|ge|gt|le)(?:lr|ctr)?[+-]?$/.exec(mnemonic)?.[1] ?? ''];
  return relation && { relation, field: fieldOf(operandText) };
}

function test(jump: Instruction, flags: Instruction | undefined): Test | undefined {
  const wanted = asked(jump);
  if (!wanted || !flags) return undefined;
  const { relation } = wanted;
  const compare = COMPARE.exec(flags.mnemonic);
  const field = compare ? fieldOf(flags.operandText) : '0';
  if (field !== wanted.field) return undefined;
  if (!compare) return ofResult(flags, relation);
  const [left, right] = flags.operands.slice(-2);
  if (left?.kind !== 'register' || !right) return undefined;
  const signed = compare[1] === '' && relation !== '==' && relation !== '!=';
  return { left: termOf(left), right: termOf(right), relation, signed, size: compare[2] === 'w' ? 4 : 8 };
}

/** Instructions whose name ends in a point compare their result with zero. */
function ofResult(flags: Instruction, relation: Relation): Test | undefined {
  const [result, from, mask] = flags.operands;
  if (flags.mnemonic === 'andi.' && from?.kind === 'register' && mask?.kind === 'immediate') {
    if (relation !== '==' && relation !== '!=') return undefined;
    const bits = relation === '!=' ? '&' : NEGATED['&'];
    return { left: termOf(from), right: termOf(mask), relation: bits, signed: false, size: 8 };
  }
  if (flags.mnemonic !== 'mr.' || result?.kind !== 'register') return undefined;
  return { left: termOf(from), right: constant(0), relation, signed: true, size: 8 };
}

const TRAP = /^t([wd])(l?)(eq|ne|lt|gt|le|ge)i?$/;

/** `tdnei rX,0`, what BUG_ON is made of; a value that is to be zero is tested by its leading zero bits, of which there are 64 then. */
function trapTest(before: (n: number) => Instruction | undefined): ReturnType<NonNullable<Machine['trapTest']>> {
  const trap = before(0);
  const how = trap && TRAP.exec(trap.mnemonic);
  const [left, right] = trap?.operands.slice(-2) ?? [];
  if (!trap || !how || left?.kind !== 'register' || !right) return undefined;
  const relation = RELATIONS[how[3] as string] as Relation;
  const size = how[1] === 'w' ? 4 : 8;
  const [shift, count] = [before(1), before(2)];
  const bits = count?.mnemonic === 'cntlzd' ? 6 : count?.mnemonic === 'cntlzw' ? 5 : undefined;
  const of = count?.operands[1];
  const isZeroTest =
    bits !== undefined && of?.kind === 'register' && relation === '!=' && shift?.operandText.endsWith(`,${bits}`);
  if (isZeroTest && /^sr[dw]i$/.test(shift?.mnemonic ?? ''))
    return {
      test: { left: termOf(of), right: constant(0), relation: '==', signed: false, size: bits === 6 ? 8 : 4 },
      back: 2,
    };
  const signed = how[2] === '' && relation !== '==' && relation !== '!=';
  return { test: { left: termOf(left), right: termOf(right), relation, signed, size }, back: 0 };
}

/** See `Machine.mentions`: `addi` of the distance's lower half, or `addis` of the upper one where that is 0. */
function mentions(code: Uint8Array, distances: readonly Bytes[]): boolean {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  const wanted = new Set<number>();
  for (const d of distances.flatMap((d) => [d, -d])) wanted.add((d & 0xffff) !== 0 ? d & 0xffff : d >>> 16);
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = view.getUint32(at, true);
    if (word >>> 27 === 7 && wanted.has(word & 0xffff)) return true;
  }
  return false;
}

/** 64-bit Power as the kernel is compiled for it: ELF V2 ABI, 2.2. */
export const ppc64Machine: Machine = {
  stackPointer: 'r1',
  framePointer: 'r1', // there is no other
  link: 'lr',
  addressTable: 'r2',
  arguments: ['r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10'],
  result: 'r3',
  preserved: ['r1', 'r2', 'r13', ...Array.from({ length: 18 }, (_, i) => `r${i + 14}`)],
  wholeRegister: ppcRegister,
  effects: ppcEffects,
  accesses: ppcAccesses,
  flow,
  callee,
  exits,
  mentions,
  keepsRegisters(insn, nameAt) {
    const name = insn.target === undefined ? undefined : nameAt(insn.target);
    return insn.flow === 'call' && name !== undefined && /^(?:_mcount|ftrace_\w*caller|_savegpr|_restgpr)/.test(name);
  },
  fills: () => undefined,
  isConditional,
  setsFlags: (insn) => insn.flow === 'call' || /^cmp|\.$/.test(insn.mnemonic),
  test,
  isTrap: (insn) => insn.mnemonic === 'trap' || /^t[wd]/.test(insn.mnemonic),
  trapTest,
  plainCode: (value) => value,
};
