import type { Addr } from '../../base/units.ts';
import type { ExpressionContext } from './expression-context.ts';
import { ExpressionStack, needRegister } from './expression-stack.ts';
import { LebCursor } from './leb-cursor.ts';
import { type Location, LocationError, type Piece } from './location.ts';

const MAX_STEPS = 10_000;
const MAX_PIECES = 256;
const MAX_CALLS = 16;

/**
 * Where the object is that a DWARF expression describes (DWARF 5, 2.5 and 2.6; GNU's forms before it).
 * @param start value that is on the stack at first
 * @throws LocationError for what cannot be told @throws MemoryFault @throws BadDataError
 */
export function evaluateLocation(expression: Uint8Array, context: ExpressionContext, start?: bigint): Location {
  if (expression.length === 0) return { in: 'nowhere' };
  return new Machine(context, start).run(expression);
}

/** The number on top of the stack in the end: for frame addresses, frame bases and call-site values. */
export function evaluateValue(expression: Uint8Array, context: ExpressionContext, start?: bigint): bigint {
  const location = evaluateLocation(expression, context, start);
  switch (location.in) {
    case 'memory':
      return location.address;
    case 'value':
      return location.value;
    case 'register':
      return needRegister(context, location.register);
    case 'nowhere':
      throw new LocationError('optimized out');
    default:
      throw new LocationError('no number but an object in parts');
  }
}

/** Runs expressions; what is said of places is put together here. */
class Machine extends ExpressionStack {
  readonly #pieces: Piece[] = [];
  /** What the operations before a piece, or before the end, describe. */
  #location: Location | undefined;
  #steps = 0;
  #depth = 0;

  run(expression: Uint8Array): Location {
    this.#execute(expression);
    if (this.#pieces.length > 0) return { in: 'pieces', pieces: this.#pieces };
    return this.#take() ?? { in: 'nowhere' };
  }

  #execute(expression: Uint8Array): void {
    const c = new LebCursor(expression, this.context.littleEndian, 'location expression', 0, 'operation');
    while (c.left > 0) {
      if (++this.#steps > MAX_STEPS) throw new LocationError(`expression of more than ${MAX_STEPS} steps`);
      const op = c.u8();
      if (!this.#constant(c, op) && !this.simple(op) && !this.#place(c, op)) this.#other(c, op);
    }
  }

  /** What has been described up to here, and nothing anymore. */
  #take(): Location | undefined {
    const location = this.#location;
    if (location) {
      this.#location = undefined;
      return location;
    }
    const top = this.stack.pop();
    return top && { in: 'memory', address: top.bits };
  }

  /** Literals and addresses; whether `op` is one. */
  #constant(c: LebCursor, op: number): boolean {
    const { addressSize } = this.context;
    if (op >= 0x30 && op <= 0x4f) this.push(BigInt(op - 0x30));
    else if (op === 0x03) this.push(this.#relocate(c.unsigned(addressSize)));
    else if (op >= 0x08 && op <= 0x0f) this.push(number(c, 1 << ((op - 8) >> 1), (op & 1) === 1));
    else if (op === 0x10) this.push(c.uleb());
    else if (op === 0x11) this.push(c.sleb());
    else if (op === 0xa1 || op === 0xfb) this.push(this.#relocate(this.#addressAt(c.count('address index'))));
    else if (op === 0xa2 || op === 0xfc) this.push(this.#constantAt(c.count('constant index')));
    else return false;
    return true;
  }

  #relocate(address: Addr): Addr {
    return this.context.relocate ? this.context.relocate(address) : address;
  }

  #addressAt(index: number): Addr {
    if (!this.context.addressAt) throw new LocationError('no table of addresses');
    return this.context.addressAt(index);
  }

  #constantAt(index: number): bigint {
    if (!this.context.constantAt) throw new LocationError('no table of constants');
    return this.context.constantAt(index);
  }

  /** Registers, frames and what says where an object is. */
  #place(c: LebCursor, op: number): boolean {
    const context = this.context;
    if (op >= 0x50 && op <= 0x6f) this.#location = { in: 'register', register: op - 0x50 };
    else if (op === 0x90) this.#location = { in: 'register', register: c.count('register') };
    else if (op >= 0x70 && op <= 0x8f) this.push(needRegister(context, op - 0x70) + c.sleb());
    else if (op === 0x92) this.push(needRegister(context, c.count('register')) + c.sleb());
    else if (op === 0x91) this.push(need(context.frameBase, 'the frame base') + c.sleb());
    else if (op === 0x9c) this.push(need(context.cfa, 'the frame address'));
    else if (op === 0x97) this.push(needValue(context.objectAddress, 'the address of the object'));
    else if (op === 0x93) this.#piece(c.count('piece') * 8, 0);
    else if (op === 0x9d) this.#piece(c.count('piece'), c.count('bit offset'));
    else if (op === 0x9f) this.#location = { in: 'value', value: this.pop().bits };
    else if (op === 0x9e) this.#location = { in: 'bytes', bytes: c.block() };
    else if (op === 0xa0 || op === 0xf2) {
      const size = context.version <= 2 ? context.addressSize : context.offsetSize;
      this.#location = { in: 'pointer', die: Number(c.unsigned(size)), offset: c.offset('offset') };
    } else return false;
    return true;
  }

  #piece(bits: number, bitOffset: number): void {
    if (this.#pieces.length >= MAX_PIECES) throw new LocationError(`object of more than ${MAX_PIECES} pieces`);
    this.#pieces.push({ location: this.#take() ?? { in: 'nowhere' }, bits, bitOffset });
  }

  #other(c: LebCursor, op: number): void {
    switch (op) {
      case 0x15: // DW_OP_pick
        this.again(c.u8());
        return;
      case 0x23: // DW_OP_plus_uconst
        this.add(c.uleb());
        return;
      case 0x28: // DW_OP_bra
        this.#jump(c, this.#signedBranch(c), this.pop().bits !== 0n);
        return;
      case 0x2f: // DW_OP_skip
        this.#jump(c, this.#signedBranch(c), true);
        return;
      case 0x06: // DW_OP_deref
        this.deref(this.context.addressSize, undefined);
        return;
      case 0x18: // DW_OP_xderef
        this.otherSpace();
        this.deref(this.context.addressSize, undefined);
        return;
      case 0x95: // DW_OP_xderef_size
        this.otherSpace();
        this.deref(c.u8(), undefined);
        return;
      case 0x94: // DW_OP_deref_size
        this.deref(c.u8(), undefined);
        return;
      case 0xa3: // DW_OP_entry_value
      case 0xf3:
        this.push(this.#entryValue(c.block()));
        return;
      case 0x98: // DW_OP_call2
        this.#call(c.u16(), false);
        return;
      case 0x99: // DW_OP_call4
        this.#call(c.u32(), false);
        return;
      case 0x9a: // DW_OP_call_ref
        this.#call(Number(c.unsigned(this.context.offsetSize)), true);
        return;
      default:
        this.typed(c, op);
    }
  }

  #signedBranch(c: LebCursor): number {
    return (c.u16() << 16) >> 16;
  }

  #jump(c: LebCursor, distance: number, taken: boolean): void {
    if (!taken) return;
    const to = c.at + distance;
    if (to < 0 || to > c.bytes.length) throw new LocationError('expression branches out of itself');
    c.at = to;
  }

  #entryValue(expression: Uint8Array): bigint {
    const value = this.context.entryValue?.(expression);
    if (value === undefined)
      throw new LocationError('only its value on entry is known, and the caller does not tell it');
    return value;
  }

  #call(offset: number, inSection: boolean): void {
    const expression = this.context.called?.(offset, inSection);
    if (!expression) return; // a DIE without a location has no effect
    if (++this.#depth > MAX_CALLS) throw new LocationError(`expressions calling each other ${MAX_CALLS} deep`);
    this.#execute(expression);
    this.#depth--;
  }
}

function number(c: LebCursor, size: number, signed: boolean): bigint {
  return signed ? c.signed(size) : c.unsigned(size);
}

function need(get: (() => bigint) | undefined, what: string): bigint {
  return needValue(get?.(), what);
}

function needValue(value: bigint | undefined, what: string): bigint {
  if (value === undefined) throw new LocationError(`${what} is not known in this frame`);
  return value;
}
