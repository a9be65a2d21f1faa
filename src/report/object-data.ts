import { AnalysisError, MemoryFault, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import { integerOf } from '../expr/expr-value.ts';
import {
  checkedSize,
  ExprValue,
  frameScope,
  objectTree,
  type PrintFormat,
  parseObjectAddress,
  parseOffset,
  parseTypeSpec,
  perCpuAddresses,
  placeOf,
  splitCpus,
  type TypeSpec,
  type ValueNode,
  valueTree,
} from '../expr/index.ts';
import { isCharacter } from '../expr/scalar-text.ts';
import { treeText } from '../expr/tree-text.ts';
import { perCpuOffset, possibleCpus } from '../kernel/percpu.ts';
import type { Program } from '../program/program.ts';
import type { CType, Member, MemberPlace } from '../types/c-type.ts';
import { declaration } from '../types/declaration.ts';
import { type DefinitionLine, definitionHead, definitionTail, memberLines } from '../types/type-definition.ts';
import { type Args, parseCpus } from './args.ts';
import type { CommandContext } from './command.ts';
import { standing } from './member-standing.ts';
import { type ObjectMemory, objectMemory } from './object-memory.ts';
import { charactersOf } from './unit-lines.ts';

/** Objects of one command at most. */
const MAX_OBJECTS = 1_000_000;

/** A line of a definition, ready for JSON. */
export interface DefinitionData {
  readonly text: string;
  readonly depth: number;
  readonly name?: string;
  readonly offset?: number;
  readonly bits?: number;
}

/** What a pointer among the members leads to. */
export interface TargetData {
  readonly declaration: string;
  readonly pointer: string;
  readonly symbol?: string;
  /** Absent for a null pointer, and for what is no structure. */
  readonly value?: ValueNode;
  /** What is there instead of a structure. */
  readonly text?: string;
  readonly why?: string;
}

export interface MemberData {
  readonly name: string;
  readonly value: ValueNode;
  /** It is the last of its structure. */
  readonly last: boolean;
  /** Anonymous structures and unions that it lies in. */
  readonly inside?: number;
  readonly target?: TargetData;
}

/** Memory in units of the largest size that divides it. */
export interface RawData {
  readonly address: string;
  readonly unit: number;
  /** Each unit in hexadecimal. */
  readonly values: readonly string[];
  /** A character for each byte. */
  readonly characters: string;
}

export interface ObjectData {
  readonly cpu?: number;
  readonly address: string;
  /** The whole object. */
  readonly value?: ValueNode;
  /** The members that were asked for. */
  readonly members?: readonly MemberData[];
  /** Its words, of a raw dump. */
  readonly raw?: RawData;
}

export interface StructData {
  /** Name of the type as it was asked for. */
  readonly type: string;
  readonly size: number;
  readonly kind: string;
  /** First and last line of its definition. */
  readonly head: string;
  readonly tail: string;
  /** The definition, when no object was asked for. */
  readonly definition?: readonly DefinitionData[];
  /** The members of the definition that were asked for. */
  readonly wanted?: readonly string[];
  /** Where members lie, of `-o` with an address. */
  readonly base?: string;
  readonly objects?: readonly ObjectData[];
}

/** Runs `struct`, `union` or `*`. @param kind what the type has to be @throws AnalysisError */
export function structData(
  context: CommandContext,
  args: Args,
  kind: 'struct' | 'union' | undefined,
  format: PrintFormat,
): StructData {
  const { prog } = context;
  const [word = '', place, countWord] = args.operands;
  const spec = parseTypeSpec(prog, word, kind);
  const head = headOf(spec.type, spec.name);
  const wanted = spec.members.length > 0 ? { wanted: spec.members } : {};
  if (place === undefined) return { ...head, definition: definitionData(spec.type), ...wanted };
  const places = addresses(context, args, place);
  if (args.has('o')) {
    const base = hex64((places[0] as { address: Addr }).address);
    return { ...head, definition: definitionData(spec.type), ...wanted, base };
  }
  const count = countOf(args.value('c') ?? countWord);
  const objects = new Objects(context, spec, args, format);
  return { ...head, ...wanted, objects: places.flatMap((at) => objects.from(at.address, count, at.cpu)) };
}

/** What every answer says of its type. */
export function headOf(type: CType, name: string): Pick<StructData, 'type' | 'size' | 'kind' | 'head' | 'tail'> {
  return {
    type: name,
    size: type.size,
    kind: type.resolve().kind,
    head: definitionHead(type),
    tail: definitionTail(type),
  };
}

function countOf(word: string | undefined): number {
  if (word === undefined) return 1;
  const count = /^(?:0x[0-9a-f]{1,8}|-?\d{1,9})$/i.test(word) ? Number(word) : 0;
  if (!(Math.abs(count) >= 1 && Math.abs(count) <= MAX_OBJECTS))
    throw new UsageError(`'${word}' is no number of objects`);
  return count;
}

/** The lines of a definition as data. */
export function definitionData(type: CType): DefinitionData[] {
  return memberLines(type).map((line: DefinitionLine) => ({
    text: line.text,
    depth: line.depth,
    ...(line.name !== '' && { name: line.name }),
    ...(line.offset !== undefined && { offset: line.offset }),
    ...(line.bitSize !== undefined && { bits: line.bitSize }),
  }));
}

interface ObjectPlace {
  readonly address: Addr;
  readonly cpu: number | undefined;
}

function addresses(context: CommandContext, args: Args, place: string): readonly ObjectPlace[] {
  const { prog } = context;
  const scope = frameScope(prog, context.task);
  const back = args.value('l');
  const offset = back === undefined ? 0 : parseOffset(prog, back);
  const { word, cpus } = splitCpus(place);
  const moved = (address: Addr): Addr => addrAdd(address, -offset);
  if (cpus === undefined) return [{ address: moved(parseObjectAddress(prog, word, scope)), cpu: undefined }];
  const known = parseCpus(cpus, possibleCpus(prog), 'struct');
  return perCpuAddresses(prog, word, scope, known, (cpu) => perCpuOffset(prog, cpu)).map((at) => ({
    address: moved(at.address),
    cpu: at.cpu ?? undefined,
  }));
}

/** Reads objects of one type. */
class Objects {
  readonly #prog: Program;
  readonly #spec: TypeSpec;
  readonly #args: Args;
  readonly #format: PrintFormat;
  readonly #memory: ObjectMemory;

  constructor(context: CommandContext, spec: TypeSpec, args: Args, format: PrintFormat) {
    this.#prog = context.prog;
    this.#spec = spec;
    this.#args = args;
    this.#format = format;
    this.#memory = objectMemory(context, args);
  }

  /** @param count how many from there; negative ones end there */
  from(address: Addr, count: number, cpu: number | undefined): ObjectData[] {
    const { size } = this.#spec.type;
    const first = count < 0 ? addrAdd(address, (count + 1) * size) : address;
    const found: ObjectData[] = [];
    for (let i = 0; i < Math.abs(count); i++) {
      const at = addrAdd(first, i * size);
      found.push({ ...(cpu !== undefined && { cpu }), address: hex64(at), ...this.#one(at) });
    }
    return found;
  }

  #one(at: Addr): Pick<ObjectData, 'value' | 'members' | 'raw'> {
    const { type, members, name } = this.#spec;
    if (this.#args.has('r')) return { raw: this.#raw(at) };
    if (members.length > 0) return { members: members.flatMap((member) => this.#member(at, member)) };
    if (this.#args.has('p')) {
      const own = type.resolve().members;
      return { members: own.map((m, i) => this.#memberData(at, m.name, placeOfMember(m), i === own.length - 1, 0)) };
    }
    const bytes = this.#memory.bytes(at, checkedSize(type, name));
    return { value: objectTree(this.#prog, type, bytes, at, this.#format) };
  }

  #raw(at: Addr): RawData {
    const { type, members, name } = this.#spec;
    const [member] = members;
    const place = member === undefined ? { offset: 0, type } : placeOf(type, name, member);
    const from = addrAdd(at, place.offset);
    const size = checkedSize(place.type, name);
    // Whole words, as crash has it: the last one may go beyond the object.
    const unit = [8, 4, 2].find((n) => size >= n) ?? 1;
    const bytes = this.#memory.bytes(from, Math.ceil(size / unit) * unit);
    const values: string[] = [];
    for (let i = 0; i < bytes.length; i += unit) {
      const value = integerOf(this.#prog, bytes.subarray(i, i + unit), false, unit);
      values.push(`0x${value.toString(16).padStart(unit * 2, '0')}`);
    }
    return { address: hex64(from), unit, values, characters: charactersOf(bytes) };
  }

  #member(at: Addr, member: string): MemberData {
    const { type, name } = this.#spec;
    const { last, inside } = standing(type, member);
    return this.#memberData(at, member, placeOf(type, name, member), last, inside);
  }

  #memberData(at: Addr, name: string, place: MemberPlace, last: boolean, inside: number): MemberData {
    const { offset, bit, bitSize, type } = place;
    const size = bitSize > 0 ? (bit + bitSize + 7) >> 3 : type.size;
    const address = addrAdd(at, offset);
    // An array of no elements is shown as the address that follows.
    const bytes = this.#memory.own && size > 0 ? this.#memory.bytes(address, size) : undefined;
    const value = new ExprValue(this.#prog, type, { address, bit, bitSize, ...(bytes && { bytes }) });
    const target = this.#args.has('p') ? this.#target(value, name) : undefined;
    return {
      name,
      value: valueTree(value, this.#format),
      last,
      ...(inside > 0 && { inside }),
      ...(target && { target }),
    };
  }

  /** What a pointer leads to. */
  #target(value: ExprValue, member: string): TargetData | undefined {
    const type = value.type.resolve();
    if (type.kind !== 'pointer' || !type.target) return undefined;
    const to = type.target.resolve();
    const address = value.toBigInt();
    const symbol = this.#prog.symbolAt(address);
    const head = {
      declaration: declaration(value.type, member),
      pointer: hex64(address),
      ...(symbol && symbol.address === address && { symbol: symbol.name }),
    };
    if (address === 0n) return head;
    if (to.kind === 'function') return symbol ? head : { ...head, why: '(unknown)' };
    try {
      if (to.kind !== 'struct' && to.kind !== 'union') return { ...head, text: this.#pointed(to, address) };
      const bytes = this.#prog.memory.bytes(address, checkedSize(to, member));
      return { ...head, value: objectTree(this.#prog, to, bytes, address, this.#format) };
    } catch (e) {
      if (e instanceof MemoryFault) return { ...head, why: '(not accessible)' };
      if (e instanceof AnalysisError) return { ...head, why: e.message };
      throw e;
    }
  }

  /** What a pointer to no structure leads to, as text. */
  #pointed(to: CType, address: Addr): string {
    if (to.size === 0) return '';
    if (isCharacter(to)) {
      return `"${this.#prog.memory.cString(address)}"`;
    }
    const value = new ExprValue(this.#prog, to, { address });
    return treeText(valueTree(value, this.#format));
  }
}

function placeOfMember(member: Member): MemberPlace {
  const { type, bitOffset, bitSize } = member;
  return { type, offset: Math.floor(bitOffset / 8), bit: bitSize > 0 ? bitOffset % 8 : 0, bitSize };
}
