import { FP, SP } from './registers.ts';

/** What an instruction means for a stack frame and for where control goes. */
export interface CodeEffect {
  /** sp or fp becomes sp or fp plus a number. */
  readonly add?: { readonly to: number; readonly from: number; readonly value: number };
  /** A register that calls leave alone becomes sp, or sp becomes what such a register holds. */
  readonly copy?: { readonly register: number; readonly toSp: boolean };
  /** sp becomes sp plus or minus a register. */
  readonly addRegister?: { readonly register: number; readonly sign: 1 | -1 };
  /** A register is stored or loaded so far above the stack pointer. */
  readonly store?: { readonly register: number; readonly at: number };
  readonly load?: { readonly register: number; readonly at: number };
  /** A register is loaded with a number; `onTop`: of what it holds. */
  readonly constant?: { readonly register: number; readonly value: number; readonly onTop: boolean };
  /** Where it may jump to, from its own place. */
  readonly jump?: number;
  /** What follows is not reached from here. */
  readonly ends?: true;
}

const NOTHING: CodeEffect = {};

/** Opcodes by their upper 10 bits: LoongArch manual, volume 1, appendix "Table of instruction encoding". */
const ADDI_W = 0x00a;
const ADDI_D = 0x00b;
const ORI = 0x00e;
const LD_D = 0x0a3;
const ST_D = 0x0a7;
/** By 17 bits. */
const ADD_D = 0x00021;
const SUB_D = 0x00023;
const OR = 0x0002a;
/** By 8 bits. */
const LDPTR_D = 0x26;
const STPTR_D = 0x27;
/** By 6 bits. */
const BEQZ = 0x10;
const BCEQZ = 0x12;
const JIRL = 0x13;
const B = 0x14;
const BEQ = 0x16;
const BGEU = 0x1b;

function signed(value: number, bits: number): number {
  return (value << (32 - bits)) >> (32 - bits);
}

/** The meaning of one instruction. */
export function codeEffect(word: number): CodeEffect {
  const rd = word & 31;
  const rj = (word >>> 5) & 31;
  const six = word >>> 26;
  if (six >= BEQZ && six <= BGEU) return flow(word, six, rd);
  const immediate = signed((word >>> 10) & 0xfff, 12);
  switch (word >>> 22) {
    case ADDI_W:
      return rj === 0 ? { constant: { register: rd, value: immediate, onTop: false } } : NOTHING;
    case ADDI_D:
      return isFrame(rd) && isFrame(rj)
        ? { add: { to: rd, from: rj, value: immediate } }
        : zeroBased(rd, rj, immediate);
    case ORI:
      return rj === 0 || rj === rd
        ? { constant: { register: rd, value: (word >>> 10) & 0xfff, onTop: rj === rd } }
        : NOTHING;
    case LD_D:
      return rj === SP ? { load: { register: rd, at: immediate } } : NOTHING;
    case ST_D:
      return rj === SP ? { store: { register: rd, at: immediate } } : NOTHING;
    default:
      return wide(word, rd, rj);
  }
}

function isFrame(register: number): boolean {
  return register === SP || register === FP;
}

function zeroBased(rd: number, rj: number, value: number): CodeEffect {
  return rj === 0 ? { constant: { register: rd, value, onTop: false } } : NOTHING;
}

function wide(word: number, rd: number, rj: number): CodeEffect {
  const at = signed((word >>> 10) & 0x3fff, 14) * 4;
  const rk = (word >>> 10) & 31;
  if (word >>> 24 === LDPTR_D && rj === SP) return { load: { register: rd, at } };
  if (word >>> 24 === STPTR_D && rj === SP) return { store: { register: rd, at } };
  if (word >>> 25 === 0x0a) {
    return { constant: { register: rd, value: signed((word >>> 5) & 0xfffff, 20) * 4096, onTop: false } }; // lu12i.w
  }
  const op = word >>> 15;
  if (op === OR && rk === 0 && isFrame(rd) && isFrame(rj)) return { add: { to: rd, from: rj, value: 0 } };
  if (op === OR && rk === 0 && rd === SP) return { copy: { register: rj, toSp: true } };
  if (op === OR && rk === 0 && rj === SP && rd > FP) return { copy: { register: rd, toSp: false } };
  if ((op === ADD_D || op === SUB_D) && rd === SP && rj === SP) {
    return { addRegister: { register: rk, sign: op === ADD_D ? 1 : -1 } };
  }
  return NOTHING;
}

function flow(word: number, six: number, rd: number): CodeEffect {
  const low = (word >>> 10) & 0xffff;
  if (six === JIRL) return rd === 0 ? { ends: true } : NOTHING;
  if (six === B) return { jump: signed(low | ((word & 0x3ff) << 16), 26) * 4, ends: true };
  if (six <= BCEQZ) return { jump: signed(low | ((word & 31) << 16), 21) * 4 };
  return six >= BEQ ? { jump: signed(low, 16) * 4 } : NOTHING;
}
