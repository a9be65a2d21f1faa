import { UnsupportedError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { Disassembler, Instruction, InstructionSetName } from '../program/instruction.ts';
import { INSN, readDetail } from './capstone-insn.ts';
import { CAPSTONE_IMPORTS, type CapstoneExports, type LoadCapstone } from './capstone-module.ts';
import { DecodedBefore } from './decoded-before.ts';
import { type InstructionSet, instructionSets } from './instruction-sets.ts';
import { checkSelfTest, SELF_TEST_ADDRESS } from './self-test.ts';
import type { Addition } from './x86-additions.ts';

const OPTION_SYNTAX = 1;
const OPTION_DETAIL = 2;
const OPTION_UNSIGNED = 8;
const ON = 3;
/** Code is copied into the module in pieces of this size. */
const PIECE = 0x10000;
/** No instruction of any set is longer; the pieces overlap by it, so that none is cut. */
const LONGEST = 24;
/** `cs_regs`: uint16_t[64]. */
const REGISTERS = 64;

/** Capstone, loaded on the first question. @param load instantiates the WebAssembly module of the host */
export function capstoneDisassembler(load: LoadCapstone): Disassembler {
  let module: CapstoneExports | undefined;
  const engines = new Map<InstructionSetName, Engine>();
  return {
    disassemble(code, address, name) {
      let engine = engines.get(name);
      if (!engine) {
        module ??= started(load);
        engine = new Engine(module, name, instructionSets[name]);
        engines.set(name, engine);
      }
      return engine.disassemble(code, address);
    },
  };
}

function started(load: LoadCapstone): CapstoneExports {
  const module = load(CAPSTONE_IMPORTS);
  module.e();
  const version = module.f(0, 0);
  if (version >> 8 !== 5) throw new UnsupportedError(`disassembler: capstone ${version >> 8}.${version & 255}, not 5`);
  return module;
}

/** One instruction set of the module with its buffers, which live as long as the module does. */
class Engine {
  readonly #module: CapstoneExports;
  readonly #set: InstructionSet;
  readonly #handle: number;
  readonly #insn: number;
  readonly #cursor: number;
  readonly #code: number;
  readonly #lists: number;
  readonly #names: (string | undefined)[] = [];
  readonly #before = new DecodedBefore();
  #bytes: Uint8Array;
  #view: DataView;

  constructor(module: CapstoneExports, name: string, set: InstructionSet) {
    this.#module = module;
    this.#set = set;
    this.#cursor = module.z(24);
    this.#code = module.z(PIECE);
    this.#lists = module.z(4 * REGISTERS + 2);
    this.#bytes = new Uint8Array(module.d.buffer);
    this.#view = new DataView(module.d.buffer);
    const status = module.j(set.arch, set.mode, this.#cursor);
    if (status !== 0) throw new UnsupportedError(`disassembler: no ${name} (capstone error ${status})`);
    this.#handle = this.#memory().getUint32(this.#cursor, true);
    module.l(this.#handle, OPTION_DETAIL, ON);
    if (set.unsigned) module.l(this.#handle, OPTION_UNSIGNED, ON);
    if (set.syntax !== undefined) module.l(this.#handle, OPTION_SYNTAX, set.syntax);
    this.#insn = module.o(this.#handle);
    for (const test of set.selfTests ?? []) {
      checkSelfTest(name, test, this.disassemble(Uint8Array.from(test.code), SELF_TEST_ADDRESS)[0]);
    }
  }

  disassemble(code: Uint8Array, address: Addr): readonly Instruction[] {
    const found: Instruction[] = [];
    let done = 0;
    while (done < code.length) {
      const piece = code.subarray(done, done + PIECE);
      const last = done + piece.length === code.length;
      done += this.#piece(piece, BigInt.asUintN(64, address + BigInt(done)), last ? 0 : LONGEST, found);
    }
    return this.#set.relate?.(found) ?? found;
  }

  /** Decodes until no more than `keep` bytes are left; returns the bytes that were used. */
  #piece(code: Uint8Array, address: Addr, keep: number, found: Instruction[]): number {
    let at = 0;
    this.#load(code);
    while (code.length - at > keep) {
      const pc = BigInt.asUintN(64, address + BigInt(at));
      const same = this.#before.find(code, at);
      if (same) {
        found.push({ ...same, address: pc });
        at += same.size;
        continue;
      }
      let insn = this.#next(code, at, pc);
      const { additions, isPlaced } = this.#set;
      if (additions && (!insn || additions.name.test(insn.mnemonic))) {
        const other = this.#added(additions.find(code.subarray(at, at + LONGEST)), code.subarray(at), pc);
        if (other) this.#load(code);
        insn = other ?? insn;
      } else if (insn?.flow === 'next' && insn.reference === undefined && isPlaced?.(insn) === false)
        this.#before.add(insn);
      insn ??= bad(pc, code.slice(at, at + (this.#set.lengthOf?.(code[at] as number) ?? this.#set.unit)));
      found.push(insn);
      at += insn.size;
    }
    return at;
  }

  #load(code: Uint8Array): void {
    this.#memory();
    this.#bytes.set(code, this.#code);
  }

  /** The instruction at offset `at` of the code that is loaded. */
  #next(code: Uint8Array, at: number, pc: Addr): Instruction | undefined {
    const cursor = this.#cursor;
    let view = this.#memory();
    view.setUint32(cursor, this.#code + at, true);
    view.setUint32(cursor + 4, code.length - at, true);
    view.setBigUint64(cursor + 8, pc, true);
    if (this.#module.p(this.#handle, cursor, cursor + 4, cursor + 8, this.#insn) === 0) return undefined;
    view = this.#memory();
    const size = view.getUint16(this.#insn + INSN.size, true);
    return size > 0 && size <= code.length - at ? this.#read(view, pc, code.slice(at, at + size)) : undefined;
  }

  #added(addition: Addition | undefined, code: Uint8Array, pc: Addr): Instruction | undefined {
    if (!addition) return undefined;
    const { mnemonic } = addition;
    if ('size' in addition) return { ...bad(pc, code.slice(0, addition.size)), mnemonic };
    this.#load(addition.like);
    const like = this.#next(addition.like, 0, pc);
    if (!like || like.size > code.length) return undefined;
    return { ...like, mnemonic, bytes: code.slice(0, like.size), registersRead: [], registersWritten: [] };
  }

  /** Views of the module's memory, made anew when it grew. */
  #memory(): DataView {
    if (this.#bytes.length === 0) {
      this.#bytes = new Uint8Array(this.#module.d.buffer);
      this.#view = new DataView(this.#module.d.buffer);
    }
    return this.#view;
  }

  #read(view: DataView, address: Addr, bytes: Uint8Array): Instruction {
    const { layout, spell, relativeTo } = this.#set;
    let mnemonic = this.#text(this.#insn + INSN.mnemonic, 32);
    let operandText = this.#text(this.#insn + INSN.operands, 160);
    const detail = readDetail(view, view.getUint32(this.#insn + INSN.detail, true), layout, (r) => this.#name(r));
    if (spell) [mnemonic, operandText] = spell(mnemonic, operandText, detail.displaced, bytes);
    const { operands } = detail;
    const { flow, direct } = this.#set.flow?.(mnemonic, operandText) ?? detail;
    const last = operands.at(-1);
    const target = flow !== 'next' && direct && last?.kind === 'immediate' ? BigInt.asUintN(64, last.value) : undefined;
    let reference: Addr | undefined;
    for (const operand of operands) {
      if (operand.kind !== 'memory' || operand.base === undefined || operand.base !== relativeTo) continue;
      reference = BigInt.asUintN(64, address + BigInt(bytes.length) + operand.displacement);
    }
    const [registersRead, registersWritten] = this.#registers(view);
    const size = bytes.length;
    // biome-ignore format: one shape
    return { address, size, bytes, mnemonic, operandText, operands, flow, target, reference, registersRead, registersWritten };
  }

  /** Read and written. */
  #registers(view: DataView): readonly [string[], string[]] {
    const read = this.#lists;
    const written = read + 2 * REGISTERS;
    const counts = written + 2 * REGISTERS;
    const known = this.#module.y(this.#handle, this.#insn, read, counts, written, counts + 1) === 0;
    const list = (at: number, count: number): string[] => {
      const names: string[] = [];
      for (let i = 0; i < Math.min(count, REGISTERS); i++) {
        const name = this.#name(view.getUint16(at + 2 * i, true));
        if (name !== undefined) names.push(name);
      }
      return names;
    };
    return [known ? list(read, view.getUint8(counts)) : [], known ? list(written, view.getUint8(counts + 1)) : []];
  }

  #name(register: number): string | undefined {
    if (register === 0 || register > 0xffff) return undefined;
    if (!(register in this.#names)) {
      const at = this.#module.q(this.#handle, register);
      const name = at === 0 ? undefined : this.#text(at, 32);
      this.#names[register] = name !== undefined && /^\d/.test(name) ? `${this.#set.numbered ?? ''}${name}` : name;
    }
    return this.#names[register];
  }

  #text(at: number, max: number): string {
    let text = '';
    for (let i = at; i < at + max; i++) {
      const byte = this.#bytes[i];
      if (byte === undefined || byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }
}

function bad(address: Addr, bytes: Uint8Array): Instruction {
  return {
    ...{ address, size: bytes.length, bytes, mnemonic: '(bad)', operandText: '', operands: [], flow: 'next' },
    ...{ target: undefined, reference: undefined, registersRead: [], registersWritten: [] },
  };
}
