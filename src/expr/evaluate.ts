import { AnalysisError, NotFoundError, UsageError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { CType, MemberPlace } from '../types/c-type.ts';
import { formatType } from '../types/format-type.ts';
import { arrayOf, functionType, voidType } from '../types/simple-type.ts';
import { binary, decay, integer, promoted, wrapTo } from './arithmetic.ts';
import type { Node } from './ast.ts';
import { baseTypes } from './base-types.ts';
import { cast } from './cast.ts';
import { ExprValue } from './expr-value.ts';
import { parse } from './parser.ts';
import { resolveName, unknownTypeError } from './resolve-name.ts';
import type { Scope } from './scope.ts';
import { isUnknown } from './unknown-type.ts';

/** gdb's limit too: an array of more elements is a mistake. */
const MAX_REPEAT = 1 << 24;

/**
 * The value of a C expression. Nothing is read that the value does not need: `&x->y` reads neither.
 * @throws UsageError for what is no expression; NotFoundError for names that there are not; MemoryFault naming the address
 */
export function evaluate(prog: Program, text: string, scope: Scope = {}): ExprValue {
  return new Evaluator(prog, scope).value(parse(prog, text));
}

/**
 * The address that an expression means: of a pointer or integer its value, of anything else that is in memory where it
 * is. @throws as `evaluate`
 */
export function addressOf(prog: Program, text: string, scope: Scope = {}): Addr {
  const value = evaluate(prog, text, scope);
  const { kind } = value.type.resolve();
  if (value.symbol !== undefined && value.address !== undefined) return value.address;
  if (kind === 'pointer' || kind === 'int' || kind === 'enum') {
    return BigInt.asUintN(prog.pointerSize * 8, value.toBigInt());
  }
  if (value.address === undefined) throw new AnalysisError('type', `'${text}' has no address`);
  return value.address;
}

/** A value, or the type itself where the expression is one. @throws as `evaluate` */
export function valueOrType(prog: Program, text: string, scope: Scope = {}): ExprValue | CType {
  const evaluator = new Evaluator(prog, scope);
  const node = parse(prog, text);
  return evaluator.typeOnly(node) ?? evaluator.value(node);
}

class Evaluator {
  readonly #prog: Program;
  readonly #scope: Scope;

  constructor(prog: Program, scope: Scope) {
    this.#prog = prog;
    this.#scope = scope;
  }

  /** The type that a node names, when it is no value. */
  typeOnly(node: Node): CType | undefined {
    if (node.kind === 'type') return node.type;
    if (node.kind !== 'unary' || node.op !== 'typeof') return undefined;
    return this.#typeOf(node.operand);
  }

  #typeOf(node: Node): CType {
    return this.typeOnly(node) ?? this.value(node).type;
  }

  value(node: Node): ExprValue {
    const prog = this.#prog;
    switch (node.kind) {
      case 'integer':
        return ExprValue.ofInteger(prog, baseTypes(prog).get(node.type), node.value);
      case 'real':
        return ExprValue.ofReal(prog, baseTypes(prog).get('double'), node.value);
      case 'char':
        return ExprValue.ofInteger(prog, baseTypes(prog).get('char'), BigInt(node.value));
      case 'string':
        return this.#string(node.text);
      case 'name':
        return resolveName(prog, node.name, this.#scope);
      case 'register':
        return this.#register(node.name);
      case 'unary':
        return this.#unary(node.op, node.operand);
      case 'binary':
        return this.#binary(node.op, node.left, node.right);
      case 'conditional':
        return this.value(this.value(node.test).isTrue() ? node.yes : node.no);
      case 'cast':
        return cast(this.value(node.operand), node.type);
      case 'cast-typeof': {
        let type = this.#typeOf(node.of);
        for (let i = 0; i < node.pointers; i++) type = baseTypes(prog).pointer(type);
        return cast(this.value(node.operand), type);
      }
      case 'at': {
        const at = decay(this.value(node.operand)).toBigInt();
        return new ExprValue(prog, node.type, { address: BigInt.asUintN(64, at) });
      }
      case 'member':
        return this.#member(this.value(node.operand), node.name);
      case 'index':
        return this.#index(this.value(node.operand), this.value(node.index));
      case 'type':
        throw new UsageError(`${formatType(node.type)} is a type where a value is expected`);
      case 'sizeof':
        return this.#sizeof(node.operand);
      case 'offsetof':
        return this.#unsignedLong(BigInt(memberOffset(node.type, node.path)));
      case 'container':
        return this.#container(this.value(node.operand), node.type, node.path);
    }
  }

  #unsignedLong(value: bigint): ExprValue {
    return ExprValue.ofInteger(this.#prog, baseTypes(this.#prog).get('unsigned long'), value);
  }

  #string(text: string): ExprValue {
    const bytes = new Uint8Array(text.length + 1);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return new ExprValue(this.#prog, arrayOf(baseTypes(this.#prog).get('char'), bytes.length), { bytes });
  }

  #register(name: string): ExprValue {
    const prog = this.#prog;
    const earlier = this.#scope.history?.(name);
    if (earlier) return earlier;
    const value = this.#scope.register?.(name);
    if (value === undefined) throw new NotFoundError('register', `$${name}`, 'its value is not known in this frame');
    return ExprValue.ofInteger(prog, registerType(prog, name), value);
  }

  #unary(op: string, operand: Node): ExprValue {
    const prog = this.#prog;
    if (op === '&') return this.#addressOf(operand);
    if (op === 'typeof') throw new UsageError('typeof is a type where a value is expected');
    const value = this.value(operand);
    if (op === '*') return this.#dereference(value);
    if (op === '!') return ExprValue.ofInteger(prog, baseTypes(prog).get('int'), decay(value).isTrue() ? 0n : 1n);
    this.#needType(value);
    if (value.type.resolve().kind === 'float' && op !== '~') {
      return ExprValue.ofReal(prog, value.type, op === '-' ? -value.toNumber() : value.toNumber());
    }
    const type = promoted(prog, value);
    const n = wrapTo(type, integer(value));
    return ExprValue.ofInteger(prog, type, op === '-' ? -n : op === '~' ? ~n : n);
  }

  #addressOf(operand: Node): ExprValue {
    const prog = this.#prog;
    const value = this.value(operand);
    if (value.bitSize > 0) throw new AnalysisError('type', 'a bit-field has no address');
    if (value.address === undefined) throw new AnalysisError('type', 'only what is in memory has an address');
    return ExprValue.ofInteger(prog, baseTypes(prog).pointer(value.type), value.address);
  }

  #dereference(value: ExprValue): ExprValue {
    const prog = this.#prog;
    this.#needType(value, true);
    const pointer = decay(value);
    const type = pointer.type.resolve();
    if (type.kind === 'int' && type.size === 8) {
      // gdb reads what an integer points at as a long.
      return new ExprValue(prog, baseTypes(prog).get('long'), { address: BigInt.asUintN(64, pointer.toBigInt()) });
    }
    if (type.kind !== 'pointer' || !type.target) {
      throw new AnalysisError('type', `${formatType(value.type)} is no pointer`);
    }
    if (type.target.resolve().kind === 'void') {
      throw new AnalysisError('type', 'a void pointer points to nothing of a known type: cast it first');
    }
    return new ExprValue(prog, type.target, { address: pointer.toBigInt() });
  }

  #needType(value: ExprValue, functions = false): void {
    if (isUnknown(value.type) && !(functions && value.type.resolve().kind === 'function'))
      throw unknownTypeError(value);
  }

  #binary(op: string, left: Node, right: Node): ExprValue {
    const prog = this.#prog;
    const a = this.value(left);
    if (op === '&&' || op === '||') {
      const is = op === '&&' ? a.isTrue() && this.value(right).isTrue() : a.isTrue() || this.value(right).isTrue();
      return ExprValue.ofInteger(prog, baseTypes(prog).get('int'), is ? 1n : 0n);
    }
    const b = this.value(right);
    if (op === ',') return b;
    this.#needType(a, true);
    if (op === '@') return this.#repeat(a, b);
    this.#needType(b, true);
    return binary(prog, op, a, b);
  }

  /** `value @ n`: an array of so many elements from here. */
  #repeat(value: ExprValue, n: ExprValue): ExprValue {
    const count = Number(integer(n));
    if (value.address === undefined || value.bitSize > 0) {
      throw new AnalysisError('type', "only what is in memory can be extended with '@'");
    }
    if (!(count > 0 && count <= MAX_REPEAT)) throw new AnalysisError('range', `an array of ${count} elements`);
    return new ExprValue(this.#prog, arrayOf(value.type, count), { address: value.address });
  }

  /** `.` and `->` alike: a pointer is followed. */
  #member(operand: ExprValue, name: string): ExprValue {
    this.#needType(operand);
    let value = operand;
    let type = value.type.resolve();
    if (type.kind === 'pointer') {
      value = this.#dereference(value);
      type = value.type.resolve();
    }
    if (type.kind !== 'struct' && type.kind !== 'union') {
      const hint = type.kind === 'forward' ? 'is not defined in this kernel: it' : '';
      throw new AnalysisError('type', `${formatType(type)} ${hint ? `${hint} ` : ''}has no members, so no ${name}`);
    }
    const place = type.findMember(name) ?? this.#memberOfMacro(type, name);
    if (!place) throw new NotFoundError('member', `${formatType(type)}.${name}`);
    const { bit, bitSize } = place;
    if (value.address !== undefined) {
      const address = addrAdd(value.address, place.offset);
      return new ExprValue(this.#prog, place.type, { address, bit, bitSize });
    }
    const size = bitSize > 0 ? (bit + bitSize + 7) >> 3 : place.type.size;
    const bytes = value.bytes().subarray(place.offset, place.offset + size);
    return new ExprValue(this.#prog, place.type, { bytes, bit, bitSize });
  }

  /** Some members have had to move and are macros now: `sk_state` is `__sk_common.skc_state`. */
  #memberOfMacro(type: CType, name: string): MemberPlace | undefined {
    const macro = this.#prog.findMacro(name);
    return macro && !macro.parameters && /^\w+(?:\.\w+)*$/.test(macro.body) ? type.findMember(macro.body) : undefined;
  }

  #index(operand: ExprValue, index: ExprValue): ExprValue {
    this.#needType(operand);
    const type = operand.type.resolve();
    const i = integer(index);
    if (type.kind === 'array' && type.target && operand.address === undefined) {
      const { size } = type.target;
      const at = Number(i) * size;
      const bytes = operand.bytes();
      if (!(at >= 0 && at + size <= bytes.length)) throw new AnalysisError('range', `no element ${i}`);
      return new ExprValue(this.#prog, type.target, { bytes: bytes.subarray(at, at + size) });
    }
    if (type.kind !== 'array' && type.kind !== 'pointer') {
      throw new AnalysisError('type', `${formatType(operand.type)} has no elements`);
    }
    return this.#dereference(binary(this.#prog, '+', operand, index));
  }

  #sizeof(operand: Node): ExprValue {
    const type = this.typeOnly(operand);
    if (type) return this.#unsignedLong(BigInt(type.size));
    const value = this.value(operand);
    this.#needType(value);
    return this.#unsignedLong(BigInt(value.type.size));
  }

  #container(pointer: ExprValue, type: CType, path: string): ExprValue {
    const at = addrAdd(decay(pointer).toBigInt(), -memberOffset(type, path));
    return ExprValue.ofInteger(this.#prog, baseTypes(this.#prog).pointer(type), BigInt.asUintN(64, at));
  }
}

/** @throws NotFoundError */
function memberOffset(type: CType, path: string): number {
  const place = type.resolve().findMember(path);
  if (!place) throw new NotFoundError('member', `${formatType(type)}.${path}`);
  return place.offset;
}

/** What gdb takes a register for: code, data or a number. */
function registerType(prog: Program, name: string): CType {
  const types = baseTypes(prog);
  if (/^(?:rip|pc|eip)$/.test(name)) return types.pointer(functionType(voidType()));
  if (/^(?:rsp|rbp|sp|fp|x29)$/.test(name)) return types.pointer(voidType());
  return types.get('long');
}
