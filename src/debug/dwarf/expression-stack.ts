import { hex } from '../../base/hex.ts';
import { arithmetic } from './expression-arithmetic.ts';
import type { ExpressionContext, ValueType } from './expression-context.ts';
import type { LebCursor } from './leb-cursor.ts';
import { LocationError } from './location.ts';
import { convert, type TypedValue } from './typed-value.ts';

const MAX_STACK = 1_000;

/** The value of a register in a frame. @throws LocationError when it is not known there */
export function needRegister(context: ExpressionContext, register: number): bigint {
  const value = context.register(register);
  if (value === undefined) throw new LocationError(`register ${register} is not known in this frame`);
  return value;
}

/** The stack of a DWARF expression, and the operations that touch nothing else (DWARF 5, 2.5.1.3 to 2.5.1.6). */
export class ExpressionStack {
  protected readonly context: ExpressionContext;
  protected readonly stack: TypedValue[] = [];

  constructor(context: ExpressionContext, start: bigint | undefined) {
    this.context = context;
    if (start !== undefined) this.push(start);
  }

  protected push(bits: bigint, type?: ValueType): void {
    if (this.stack.length >= MAX_STACK) throw new LocationError(`expression with more than ${MAX_STACK} values`);
    const size = type?.size ?? this.context.addressSize;
    this.stack.push({ bits: BigInt.asUintN(size * 8, bits), type });
  }

  protected pop(): TypedValue {
    const top = this.stack.pop();
    if (!top) throw new LocationError('expression takes a value from an empty stack');
    return top;
  }

  protected peek(depth: number): TypedValue {
    const value = this.stack[this.stack.length - 1 - depth];
    if (!value) throw new LocationError('expression takes a value from an empty stack');
    return value;
  }

  /** Operations without operands that only touch the stack. */
  protected simple(op: number): boolean {
    switch (op) {
      case 0x12: // DW_OP_dup
        this.again(0);
        return true;
      case 0x13: // DW_OP_drop
        this.pop();
        return true;
      case 0x14: // DW_OP_over
        this.again(1);
        return true;
      case 0x16: // DW_OP_swap
        this.roll(2);
        return true;
      case 0x17: // DW_OP_rot: the top goes below the two under it
        this.roll(3);
        return true;
      case 0x96: // DW_OP_nop
        return true;
      case 0x1f: // DW_OP_neg
      case 0x19: // DW_OP_abs
      case 0x20: // DW_OP_not
        this.stack.push(arithmetic(op, this.pop(), undefined, this.context.addressSize));
        return true;
      default:
        return this.binary(op);
    }
  }

  protected again(depth: number): void {
    const { bits, type } = this.peek(depth);
    this.push(bits, type);
  }

  /** Moves the top below `n - 1` others. */
  private roll(n: number): void {
    this.peek(n - 1);
    const top = this.pop();
    this.stack.splice(this.stack.length - n + 1, 0, top);
  }

  private binary(op: number): boolean {
    const isBinary =
      (op >= 0x1a && op <= 0x1e) ||
      op === 0x21 ||
      op === 0x22 ||
      (op >= 0x24 && op <= 0x27) ||
      (op >= 0x29 && op <= 0x2e);
    if (!isBinary) return false;
    const right = this.pop();
    const left = this.pop();
    this.stack.push(arithmetic(op, left, right, this.context.addressSize));
    return true;
  }

  protected add(n: bigint): void {
    const { bits, type } = this.pop();
    this.push(bits + n, type);
  }

  protected deref(size: number, type: ValueType | undefined): void {
    if (size !== 1 && size !== 2 && size !== 4 && size !== 8)
      throw new LocationError(`reads a number of ${size} bytes`);
    this.push(this.context.read(this.pop().bits, size), type);
  }

  /** DW_OP_xderef and the like: the number of an address space lies under the address. */
  protected otherSpace(): void {
    const address = this.pop();
    const space = this.pop();
    if (space.bits !== 0n) throw new LocationError(`address space ${space.bits}, which is not known`);
    this.push(address.bits, address.type);
  }

  /** Operations with types (DWARF 5, 2.5.1.6) and GNU's before them. */
  protected typed(c: LebCursor, op: number): void {
    switch (op) {
      case 0xa4: // DW_OP_const_type
      case 0xf4: {
        const type = this.type(c.count('type'));
        const bytes = c.take(c.u8());
        this.push(wordOf(bytes, this.context.littleEndian), type);
        return;
      }
      case 0xa5: // DW_OP_regval_type
      case 0xf5: {
        const value = needRegister(this.context, c.count('register'));
        this.push(value, this.type(c.count('type')));
        return;
      }
      case 0xa6: // DW_OP_deref_type
      case 0xf6: {
        const size = c.u8();
        this.deref(size, this.type(c.count('type')));
        return;
      }
      case 0xa8: // DW_OP_convert
      case 0xf7: {
        const offset = c.count('type');
        const type = offset === 0 ? undefined : this.type(offset);
        this.stack.push(convert(this.pop(), type, this.context.addressSize));
        return;
      }
      case 0xa9: // DW_OP_reinterpret
      case 0xf9: {
        const offset = c.count('type');
        this.push(this.pop().bits, offset === 0 ? undefined : this.type(offset));
        return;
      }
      case 0xa7: // DW_OP_xderef_type
        this.otherSpace();
        this.typed(c, 0xa6);
        return;
      case 0xfd: // DW_OP_GNU_variable_value
        c.skip(this.context.offsetSize);
        throw new LocationError('the value of another variable');
      case 0xfa: // DW_OP_GNU_parameter_ref
        throw new LocationError('the value of a parameter that was optimized away');
      case 0xf0: // DW_OP_GNU_uninit: the value may not be set yet
        return;
      case 0x9b: // DW_OP_form_tls_address
      case 0xe0: // DW_OP_GNU_push_tls_address
        throw new LocationError('thread-local storage, which a kernel has none of');
      default:
        throw new LocationError(`unknown operation ${hex(op)} in a location expression`);
    }
  }

  private type(offset: number): ValueType {
    const type = this.context.baseType?.(offset);
    if (!type || type.size > 16 || type.size < 1) throw new LocationError(`no base type at unit offset ${hex(offset)}`);
    return type;
  }
}

function wordOf(bytes: Uint8Array, littleEndian: boolean): bigint {
  let value = 0n;
  for (let i = 0; i < bytes.length && i < 16; i++) {
    value = (value << 8n) | BigInt(bytes[littleEndian ? bytes.length - 1 - i : i] as number);
  }
  return value;
}
