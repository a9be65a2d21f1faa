import type { Bytes } from '../base/units.ts';

/** What the text of a program needs to know of the kernel around it. */
export interface BpfNames {
  /** The map at an address, as `map[id:13]`; undefined when there is none. */
  readonly map?: (address: bigint) => string | undefined;
  /** The function that a call with this immediate goes to: a helper, counted from `__bpf_call_base`. */
  readonly helper?: (immediate: number) => string | undefined;
}

/** One instruction of eBPF. */
export interface BpfInstruction {
  /** In slots of 8 bytes, as jumps count; a 64-bit load takes two. */
  readonly index: number;
  readonly bytes: Uint8Array;
  /** In the style of the kernel's verifier, with the opcode in front: `(b7) r0 = 1`. */
  readonly text: string;
}

const SLOT: Bytes = 8;

/**
 * The instructions of an eBPF program; a cut one at the end is left out.
 * @param code `struct bpf_insn[]`: opcode, registers, 16-bit offset, 32-bit immediate (RFC 9669, section 3)
 */
export function bpfInstructions(code: Uint8Array, littleEndian: boolean, names: BpfNames = {}): BpfInstruction[] {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  const found: BpfInstruction[] = [];
  for (let at = 0; at + SLOT <= code.length; ) {
    const opcode = view.getUint8(at);
    const wide = opcode === LOAD_64 && at + 2 * SLOT <= code.length;
    const registers = view.getUint8(at + 1);
    const insn: Insn = {
      opcode,
      // Two bit-fields of four bits: their order follows the byte order.
      dst: littleEndian ? registers & 15 : registers >>> 4,
      src: littleEndian ? registers >>> 4 : registers & 15,
      off: view.getInt16(at + 2, littleEndian),
      imm: view.getInt32(at + 4, littleEndian),
      high: wide ? view.getUint32(at + SLOT + 4, littleEndian) : 0,
    };
    const size = wide ? 2 * SLOT : SLOT;
    found.push({
      index: at / SLOT,
      bytes: code.slice(at, at + size),
      text: `(${opcode.toString(16).padStart(2, '0')}) ${instructionText(insn, names)}`,
    });
    at += size;
  }
  return found;
}

interface Insn {
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
  /** Upper half of a 64-bit immediate. */
  readonly high: number;
}

// RFC 9669, section 3.1: the class is in the low three bits.
const CLASS = { ld: 0, ldx: 1, st: 2, stx: 3, alu: 4, jmp: 5, jmp32: 6, alu64: 7 } as const;
const LOAD_64 = 0x18;
/** The source is a register (BPF_X). */
const FROM_REGISTER = 0x08;
const SIZES = ['u32', 'u16', 'u8', 'u64'] as const;
const SIGNED_SIZES = ['s32', 's16', 's8', 's64'] as const;

function instructionText(insn: Insn, names: BpfNames): string {
  switch (insn.opcode & 7) {
    case CLASS.ld:
      return loadText(insn, names);
    case CLASS.ldx:
      return registerLoadText(insn);
    case CLASS.st:
      return storeText(insn);
    case CLASS.stx:
      return registerStoreText(insn);
    case CLASS.alu:
    case CLASS.alu64:
      return arithmeticText(insn);
    default:
      return jumpText(insn, names);
  }
}

const unknown = (insn: Insn): string => `BUG_${insn.opcode.toString(16).padStart(2, '0')}`;
const signed = (n: number): string => (n < 0 ? `${n}` : `+${n}`);
const hex = (n: number): string => `0x${(n >>> 0).toString(16)}`;
const place = (type: string, register: number, off: number): string => `*(${type} *)(r${register} ${signed(off)})`;

// ---- loads and stores: the mode is in bits 7:5, the size in 4:3

const MODE = { imm: 0, abs: 1, ind: 2, mem: 3, signedMem: 4, mem32: 5, atomic: 6, probeAtomic: 7 } as const;

function sizeOf({ opcode }: Insn): (typeof SIZES)[number] {
  return SIZES[(opcode >>> 3) & 3] as (typeof SIZES)[number];
}

/** Registers of a pseudo load: what the immediate stands for before the verifier replaces it (section 5.4). */
const PSEUDO = { mapFd: 1, mapValue: 2, variable: 3, code: 4, mapIndex: 5, mapIndexValue: 6 } as const;

function loadText(insn: Insn, names: BpfNames): string {
  const { opcode, dst, src, imm, high } = insn;
  const mode = opcode >>> 5;
  if (mode === MODE.abs) return `r0 = *(${sizeOf(insn)} *)skb[${imm}]`;
  if (mode === MODE.ind) return `r0 = *(${sizeOf(insn)} *)skb[r${src} + ${imm}]`;
  if (opcode !== LOAD_64) return unknown(insn);
  const value = (BigInt(high) << 32n) | BigInt(imm >>> 0);
  const map = names.map?.(value);
  if (map !== undefined) return `r${dst} = ${map}`;
  switch (src) {
    case PSEUDO.mapFd:
    case PSEUDO.mapIndex:
      return `r${dst} = map[${src === PSEUDO.mapFd ? 'fd' : 'idx'}:${imm}]`;
    case PSEUDO.mapValue:
    case PSEUDO.mapIndexValue:
      return `r${dst} = map[${src === PSEUDO.mapValue ? 'fd' : 'idx'}:${imm}][0]+${high}`;
    case PSEUDO.code:
      return `r${dst} = subprog[${signed(imm)}]`;
    default:
      return `r${dst} = 0x${value.toString(16)}`;
  }
}

/**
 * MEM and MEMSX; the other modes are what the verifier makes of them for loads that may fault (include/linux/filter.h):
 * PROBE_MEM 0x20, PROBE_MEMSX 0x40, PROBE_MEM32 0xa0, PROBE_MEM32SX 0xc0.
 */
const LOAD_MODES: readonly ('signed' | 'unsigned' | undefined)[] = [
  undefined,
  'unsigned',
  'signed',
  'unsigned',
  'signed',
  'unsigned',
  'signed',
];

function registerLoadText(insn: Insn): string {
  const { opcode, dst, src, off } = insn;
  const mode = LOAD_MODES[opcode >>> 5];
  if (!mode) return unknown(insn);
  const type = mode === 'signed' ? (SIGNED_SIZES[(opcode >>> 3) & 3] as string) : sizeOf(insn);
  return `r${dst} = ${place(type, src, off)}`;
}

function storeText(insn: Insn): string {
  const { opcode, dst, off, imm } = insn;
  const mode = opcode >>> 5;
  if (mode === MODE.mem || mode === MODE.mem32) return `${place(sizeOf(insn), dst, off)} = ${imm}`;
  return mode === MODE.atomic ? 'nospec' : unknown(insn); // BPF_NOSPEC, of the verifier's own
}

const ATOMIC_OPERATIONS: Readonly<Record<number, readonly [sign: string, name: string]>> = {
  0: ['+=', 'add'],
  64: ['|=', 'or'],
  80: ['&=', 'and'],
  160: ['^=', 'xor'],
};
const FETCH = 0x01;

function registerStoreText(insn: Insn): string {
  const { opcode, dst, src, off } = insn;
  const mode = opcode >>> 5;
  if (mode === MODE.mem || mode === MODE.mem32) return `${place(sizeOf(insn), dst, off)} = r${src}`;
  return mode === MODE.atomic || mode === MODE.probeAtomic ? atomicText(insn) : unknown(insn);
}

/** Section 5.3; load-acquire and store-release: include/uapi/linux/bpf.h. */
function atomicText(insn: Insn): string {
  const { dst, src, off, imm } = insn;
  const type = sizeOf(insn);
  const wide = type === 'u64' ? '64' : '';
  const target = `(${type} *)(r${dst} ${signed(off)})`;
  if (imm === 0x100) return `r${dst} = load_acquire((${type} *)(r${src} ${signed(off)}))`;
  if (imm === 0x110) return `store_release(${target}, r${src})`;
  if (imm === 0xe1) return `r${src} = atomic${wide}_xchg(${target}, r${src})`;
  if (imm === 0xf1) return `r0 = atomic${wide}_cmpxchg(${target}, r0, r${src})`;
  const operation = ATOMIC_OPERATIONS[imm & ~FETCH];
  if (!operation) return unknown(insn);
  if (imm & FETCH) return `r${src} = atomic${wide}_fetch_${operation[1]}(${target}, r${src})`;
  return `lock *${target} ${operation[0]} r${src}`;
}

// ---- arithmetic: section 4.1; the operation is in bits 7:4

const OPERATIONS = ['+=', '-=', '*=', '/=', '|=', '&=', '<<=', '>>=', 'neg', '%=', '^=', '=', 's>>=', 'end'] as const;

function arithmeticText(insn: Insn): string {
  const { opcode, dst, src, off, imm } = insn;
  const wide = (opcode & 7) === CLASS.alu64;
  const operation = OPERATIONS[opcode >>> 4];
  const register = (n: number): string => `${wide ? 'r' : 'w'}${n}`;
  if (operation === undefined) return unknown(insn);
  if (operation === 'neg') return `${register(dst)} = -${register(dst)}`;
  if (operation === 'end') return `r${dst} = ${swapName(wide, opcode)}${imm} r${dst}`;
  const fromRegister = (opcode & FROM_REGISTER) !== 0;
  if (operation === '=' && fromRegister && off !== 0) {
    // An offset of 1 on a move between address spaces, else the width that is sign-extended.
    if (wide && off === 1) return `r${dst} = addr_space_cast(r${src}, ${imm >>> 16}, ${imm & 0xffff})`;
    return `${register(dst)} = (s${off})${register(src)}`;
  }
  const sign = off === 1 && (operation === '/=' || operation === '%=') ? `s${operation}` : operation;
  return `${register(dst)} ${sign} ${fromRegister ? register(src) : imm}`;
}

function swapName(wide: boolean, opcode: number): string {
  if (wide) return 'bswap';
  return opcode & FROM_REGISTER ? 'be' : 'le';
}

// ---- jumps: section 4.3

const CONDITIONS: readonly (string | undefined)[] = [
  undefined,
  '==',
  '>',
  '>=',
  '&',
  '!=',
  's>',
  's>=',
  undefined,
  undefined,
  '<',
  '<=',
  's<',
  's<=',
];
const JUMP = { always: 0, call: 8, exit: 9, mayGoto: 14, tailCall: 15 } as const;
const CALL = { helper: 0, local: 1, kernel: 2 } as const;

function jumpText(insn: Insn, names: BpfNames): string {
  const { opcode, dst, src, off, imm } = insn;
  const narrow = (opcode & 7) === CLASS.jmp32;
  const operation = opcode >>> 4;
  const fromRegister = (opcode & FROM_REGISTER) !== 0;
  switch (operation) {
    case JUMP.always:
      if (fromRegister) return `gotox r${dst}`;
      return narrow ? `gotol pc${signed(imm)}` : `goto pc${signed(off)}`;
    case JUMP.call:
      return narrow ? unknown(insn) : callText(insn, fromRegister, names);
    case JUMP.exit:
      return narrow ? unknown(insn) : 'exit';
    case JUMP.mayGoto:
      return narrow ? unknown(insn) : `may_goto pc${signed(off)}`;
    case JUMP.tailCall:
      return narrow ? unknown(insn) : 'tail_call';
  }
  const condition = CONDITIONS[operation];
  if (condition === undefined) return unknown(insn);
  const register = (n: number): string => `${narrow ? 'w' : 'r'}${n}`;
  return `if ${register(dst)} ${condition} ${fromRegister ? register(src) : hex(imm)} goto pc${signed(off)}`;
}

function callText({ dst, src, imm }: Insn, indirect: boolean, names: BpfNames): string {
  if (indirect) return `callx r${dst}`;
  if (src === CALL.local) return `call pc${signed(imm)}`;
  const name = names.helper?.(imm);
  if (src === CALL.kernel) return `call ${name ?? 'kernel-function'}#${imm}`;
  return `call ${name ?? 'unknown'}#${imm}`;
}
