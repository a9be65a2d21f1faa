import { hex } from '../../base/hex.ts';
import type { Addr } from '../../base/units.ts';
import type { CfiSection, Cie, Fde } from './cfi-section.ts';
import type { LebCursor } from './leb-cursor.ts';

/** How the caller's value of a register is found. */
export type CfiRule =
  | { readonly how: 'undefined' }
  | { readonly how: 'same' }
  /** In memory at CFA + offset. */
  | { readonly how: 'saved'; readonly offset: number }
  /** It is CFA + offset. */
  | { readonly how: 'value'; readonly offset: number }
  | { readonly how: 'register'; readonly register: number }
  /** In memory at what the expression computes. */
  | { readonly how: 'saved-expression'; readonly expression: Uint8Array }
  | { readonly how: 'value-expression'; readonly expression: Uint8Array };

/** The canonical frame address: a register plus offset, or an expression. */
export type CfaRule = { readonly register: number; readonly offset: number } | { readonly expression: Uint8Array };

/** The row of the table for one pc (DWARF 5, 6.4.1). */
export interface CfiRow {
  readonly cfa: CfaRule | undefined;
  /** By register number; a register without a rule keeps its value when the ABI says so. */
  readonly rules: ReadonlyMap<number, CfiRule>;
  readonly returnRegister: number;
  readonly signal: boolean;
  /** Return addresses are signed here (arm64). */
  readonly signedReturn: boolean;
}

interface State {
  cfa: CfaRule | undefined;
  rules: Map<number, CfiRule>;
  signedReturn: boolean;
}

const MAX_INSTRUCTIONS = 100_000;
const MAX_REMEMBERED = 256;
const UNDEFINED: CfiRule = { how: 'undefined' };
const SAME: CfiRule = { how: 'same' };

/** The row for link address `pc` inside `fde`. @throws BadDataError */
export function cfiRow(section: CfiSection, fde: Fde, pc: Addr): CfiRow {
  const { cie } = fde;
  const state: State = { cfa: undefined, rules: new Map(), signedReturn: false };
  const wanted = Number(pc - fde.start);
  run(section.cursor(cie.from, cie.to, 'CIE'), cie, state, undefined, Number.POSITIVE_INFINITY, fde.start);
  const initial = new Map(state.rules);
  run(section.cursor(fde.from, fde.to, 'FDE'), cie, state, initial, wanted, fde.start);
  return { ...state, returnRegister: cie.returnRegister, signal: cie.signal };
}

/** Runs call frame instructions (DWARF 5, 6.4.2) until the location is past `wanted`, a distance from `start`. */
function run(
  c: LebCursor,
  cie: Cie,
  state: State,
  initial: ReadonlyMap<number, CfiRule> | undefined,
  wanted: number,
  start: Addr,
): void {
  const remembered: State[] = [];
  let location = 0;
  for (let n = 0; c.left > 0; n++) {
    if (n > MAX_INSTRUCTIONS) throw c.bad(`more than ${MAX_INSTRUCTIONS} instructions`);
    const byte = c.u8();
    const low = byte & 0x3f;
    switch (byte >> 6) {
      case 1: // DW_CFA_advance_loc
        location += low * cie.codeAlign;
        break;
      case 2: // DW_CFA_offset
        state.rules.set(low, { how: 'saved', offset: c.count('offset') * cie.dataAlign });
        continue;
      case 3: // DW_CFA_restore
        restore(state, initial, low);
        continue;
      default: {
        const advance = advanceOf(c, byte, cie, location, start);
        if (advance === undefined) {
          if (byte === 0x0a) {
            if (remembered.length >= MAX_REMEMBERED) throw c.bad(`more than ${MAX_REMEMBERED} remembered rows`);
            remembered.push({ ...state, rules: new Map(state.rules) });
          } else if (byte === 0x0b) {
            const back = remembered.pop();
            if (!back) throw c.bad('no row was remembered', 1);
            Object.assign(state, back);
          } else {
            change(c, byte, cie, state, initial);
          }
          continue;
        }
        location = advance;
      }
    }
    if (location > wanted) return;
  }
}

/** The new location of an instruction that moves it, else undefined. */
function advanceOf(c: LebCursor, op: number, cie: Cie, location: number, start: Addr): number | undefined {
  switch (op) {
    case 0x01: // DW_CFA_set_loc
      return Number(c.unsigned(cie.addressSize) - start);
    case 0x02: // DW_CFA_advance_loc1, 2, 4
      return location + c.u8() * cie.codeAlign;
    case 0x03:
      return location + c.u16() * cie.codeAlign;
    case 0x04:
      return location + c.u32() * cie.codeAlign;
    case 0x1d: // DW_CFA_MIPS_advance_loc8
      return location + Number(c.u64()) * cie.codeAlign;
    default:
      return undefined;
  }
}

function restore(state: State, initial: ReadonlyMap<number, CfiRule> | undefined, register: number): void {
  const rule = initial?.get(register);
  if (rule) state.rules.set(register, rule);
  else state.rules.delete(register);
}

function change(
  c: LebCursor,
  op: number,
  cie: Cie,
  state: State,
  initial: ReadonlyMap<number, CfiRule> | undefined,
): void {
  const register = () => c.count('register');
  const unsigned = () => c.count('offset') * cie.dataAlign;
  const signed = () => c.offset('offset') * cie.dataAlign;
  const { rules } = state;
  switch (op) {
    case 0x00: // DW_CFA_nop
      return;
    case 0x05: // DW_CFA_offset_extended
      rules.set(register(), { how: 'saved', offset: unsigned() });
      return;
    case 0x06: // DW_CFA_restore_extended
      restore(state, initial, register());
      return;
    case 0x07: // DW_CFA_undefined
      rules.set(register(), UNDEFINED);
      return;
    case 0x08: // DW_CFA_same_value
      rules.set(register(), SAME);
      return;
    case 0x09: // DW_CFA_register
      rules.set(register(), { how: 'register', register: register() });
      return;
    case 0x0c: // DW_CFA_def_cfa
      state.cfa = { register: register(), offset: c.count('offset') };
      return;
    case 0x0d: // DW_CFA_def_cfa_register
      state.cfa = { register: register(), offset: cfaOffset(c, state) };
      return;
    case 0x0e: // DW_CFA_def_cfa_offset
      state.cfa = { register: cfaRegister(c, state), offset: c.count('offset') };
      return;
    case 0x0f: // DW_CFA_def_cfa_expression
      state.cfa = { expression: c.block() };
      return;
    case 0x10: // DW_CFA_expression
      rules.set(register(), { how: 'saved-expression', expression: c.block() });
      return;
    case 0x11: // DW_CFA_offset_extended_sf
      rules.set(register(), { how: 'saved', offset: signed() });
      return;
    case 0x12: // DW_CFA_def_cfa_sf
      state.cfa = { register: register(), offset: signed() };
      return;
    case 0x13: // DW_CFA_def_cfa_offset_sf
      state.cfa = { register: cfaRegister(c, state), offset: signed() };
      return;
    case 0x14: // DW_CFA_val_offset
      rules.set(register(), { how: 'value', offset: unsigned() });
      return;
    case 0x15: // DW_CFA_val_offset_sf
      rules.set(register(), { how: 'value', offset: signed() });
      return;
    case 0x16: // DW_CFA_val_expression
      rules.set(register(), { how: 'value-expression', expression: c.block() });
      return;
    case 0x2d: // DW_CFA_AARCH64_negate_ra_state: Arm IHI 0057, 4.4
      state.signedReturn = !state.signedReturn;
      return;
    case 0x2e: // DW_CFA_GNU_args_size
      c.uleb();
      return;
    case 0x2f: // DW_CFA_GNU_negative_offset_extended
      rules.set(register(), { how: 'saved', offset: -unsigned() });
      return;
    default:
      throw c.bad(`unknown call frame instruction ${hex(op)}`, 1);
  }
}

function cfaOffset(c: LebCursor, state: State): number {
  if (!state.cfa || !('offset' in state.cfa)) throw c.bad('the frame address has no offset yet');
  return state.cfa.offset;
}

function cfaRegister(c: LebCursor, state: State): number {
  if (!state.cfa || !('register' in state.cfa)) throw c.bad('the frame address has no register yet');
  return state.cfa.register;
}
