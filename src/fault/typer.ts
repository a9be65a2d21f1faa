import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { perCpuSymbol } from '../kernel/address-identity.ts';
import { pageMap } from '../kernel/page-map.ts';
import type { KernelSymbol, LocalVariable } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { pointerTo } from '../types/simple-type.ts';
import { type AddressParts, addressParts } from './address-parts.ts';
import { containerOf } from './containers.ts';
import type { FaultFrame } from './fault-frame.ts';
import { type MemberAt, membersAt, pointedStruct, pointsToSame } from './member-at.ts';
import { hintKey, inner, leaf, placeText, signedText } from './naming.ts';
import { type Linear, type Origin, signedAddend } from './origin.ts';
import { parametersOf } from './parameters.ts';
import { prototypeOf } from './prototypes.ts';
import { passedCache, sizesOf, slabOf } from './slab-owner.ts';
import type { Term } from './term.ts';
import { usesOf } from './uses.ts';

/** A value as C would write it, with its type as far as that is known. */
export interface Named {
  readonly text: string;
  readonly type?: CType | undefined;
}

const MAX_DEPTH = 12;
type Load = Extract<Term, { kind: 'memory' }>;

/** Types and names of the values of one frame. */
export class Typer {
  readonly #frame: FaultFrame;
  readonly #known = new Map<string, Named>();
  readonly #open = new Set<string>();
  #locals: readonly LocalVariable[] | undefined;

  constructor(frame: FaultFrame) {
    this.#frame = frame;
  }

  get #prog() {
    return this.#frame.context.prog;
  }

  /** @param hint a type that something else takes the value for */
  name(value: Linear, hint?: CType, depth = 0): Named {
    const { origin } = value;
    if (origin.kind === 'constant') return this.#nameConstant(value.addend);
    if (origin.kind === 'stack') return { text: `stack${signedText(signedAddend(value))}` };
    if (origin.kind === 'computed' && value.addend !== 0n) {
      const page = this.#page(value, depth);
      if (page) return this.#sharper(page, value, hint);
    }
    const told = value.addend === 0n ? hint : undefined;
    const uses = told === undefined && origin.kind === 'load' ? this.hintFor(origin, depth) : undefined;
    const base = this.#nameOrigin(origin, told ?? uses, depth);
    return value.addend === 0n ? this.#sharper(base, value, hint) : this.#moved(base, value, hint);
  }

  /** A generic pointer is what it is taken for. */
  #sharper(named: Named, value: Linear, hint: CType | undefined): Named {
    if (pointedStruct(named.type)) {
      // a slab is a page by another name, which what uses it knows better
      const isPage = pointedStruct(named.type)?.name === 'page' && pointedStruct(hint)?.name !== undefined;
      return isPage && this.#isPage(value) ? { ...named, type: hint } : named;
    }
    const at = this.#frame.value(value);
    const page = at === undefined ? undefined : this.#pageType(at);
    if (page) return { ...named, type: page };
    return pointedStruct(hint) ? { ...named, type: hint } : named;
  }

  #isPage(value: Linear): boolean {
    const at = this.#frame.value(value);
    return at !== undefined && this.#pageType(at) !== undefined;
  }

  #nameOrigin(origin: Origin, hint: CType | undefined, depth: number): Named {
    const key = `${origin.key} ${hintKey(hint)}`;
    const known = this.#known.get(key);
    if (known) return known;
    if (depth > MAX_DEPTH || this.#open.has(origin.key)) return { text: placeText(origin) };
    this.#open.add(origin.key);
    const found = this.#findName(origin, hint, depth);
    this.#open.delete(origin.key);
    this.#known.set(key, found);
    return found;
  }

  #findName(origin: Origin, hint: CType | undefined, depth: number): Named {
    const { index, term } = origin;
    switch (origin.kind) {
      case 'entry':
        return this.#parameter(origin);
      case 'call':
        return this.called(index);
      case 'load':
        return this.#loaded(term as Load, index, hint, depth);
      case 'merged':
        return this.#merged(origin, hint, depth);
      case 'computed':
        return this.#computed(origin, term as Term, depth);
      default:
        return { text: placeText(origin) };
    }
  }

  #nameConstant(value: bigint): Named {
    const symbol = this.#prog.symbolAt(value);
    if (!symbol) return { text: value > 0xffffn ? hex(value) : `${value}` };
    const type = symbol.address === value ? this.#variableType(symbol) : undefined;
    const pointer = type && pointerTo(type, this.#prog.pointerSize);
    return { text: `&${symbol.name}${signedText(value - symbol.address)}`, ...(pointer && { type: pointer }) };
  }

  #variableType(symbol: KernelSymbol): CType | undefined {
    return /^[tw]$/i.test(symbol.letter) ? undefined : this.#prog.findVariableType(symbol.name);
  }

  #parameter(origin: Origin): Named {
    const { code } = this.#frame;
    const at = typeof origin.place === 'string' ? code.machine.arguments.indexOf(origin.place) : -1;
    const parameter = at < 0 ? undefined : parametersOf(this.#prog, code.symbol)[at];
    if (!parameter) return { text: at < 0 ? placeText(origin) : `argument ${at + 1}` };
    return { text: parameter.name === '' ? `argument ${at + 1}` : parameter.name, type: parameter.type };
  }

  /** What a call returns. */
  called(index: number): Named {
    const callee = this.#frame.code.callee(index);
    const symbol = callee && 'address' in callee ? this.#prog.symbolAt(callee.address) : undefined;
    if (!symbol) return { text: '(*call)()' };
    return { text: `${symbol.name}()`, type: prototypeOf(this.#prog, symbol)?.target };
  }

  #loaded(term: Load, index: number, hint: CType | undefined, depth: number): Named {
    const address = this.#frame.origins.ofTerm(term.address, index);
    if (address.origin.kind === 'constant') return this.#variable(address.addend, term);
    if (address.origin.kind === 'computed') {
      const parts = addressParts(this.#frame, address);
      const named = this.#perCpu(address) ?? (parts && this.#ofParts(parts, term, hint, depth));
      if (named) return named;
    }
    const start = this.pageStart(address) ?? { origin: address.origin, addend: 0n };
    const uses = start.addend === 0n ? this.hintFor(address.origin, depth) : undefined;
    const base =
      start.addend === 0n ? this.#nameOrigin(address.origin, uses, depth + 1) : this.name(start, uses, depth + 1);
    const offset = BigInt.asIntN(64, address.addend - start.addend);
    const sharp = this.#sharper(base, start, uses);
    const struct = pointedStruct(sharp.type);
    if (!struct) return { text: `*(${sharp.text}${signedText(offset)})` };
    return this.#member(sharp.text, struct, offset, term, hint, address.origin, depth);
  }

  /** An element of an array, or what a per-CPU pointer leads to. */
  #ofParts(parts: AddressParts, term: Load, hint: CType | undefined, depth: number): Named {
    const uses = this.hintFor(parts.base.origin, depth);
    const base = this.#nameOrigin(parts.base.origin, uses, depth + 1);
    const sharp = this.#sharper(base, parts.base, uses);
    const text = parts.perCpu ? `this_cpu_ptr(${sharp.text})` : sharp.text;
    const index = parts.index && this.name(parts.index, undefined, depth + 1).text;
    const struct = pointedStruct(sharp.type);
    if (!struct) return { text: `*(${text}${signedText(parts.offset)}${index ? ` + ${index}` : ''})` };
    const found = this.#member(text, struct, parts.offset, term, hint, parts.base.origin, depth);
    return index === undefined ? found : { ...found, text: found.text.replace(/\[0\](?!.*\[0\])/, `[${index}]`) };
  }

  #member(
    text: string,
    struct: CType,
    offset: bigint,
    term: Load,
    hint: CType | undefined,
    made: Origin,
    depth: number,
  ): Named {
    if (offset < 0n || Number(offset) >= struct.size) {
      const outer = this.#container(struct, offset, made, undefined, { offset, size: term.size }, depth);
      if (!outer) return { text: `*((void *)${text}${signedText(offset)})` };
      const inside = membersAt(outer.struct, Number(offset) + outer.distance, term.size)[0];
      if (!inside) return { text: `*((void *)${text}${signedText(offset)})` };
      return {
        text: `container_of(${text}, struct ${outer.struct.name}, ${outer.path})->${inside.path}`,
        type: inside.type,
      };
    }
    const found = membersAt(struct, Number(offset), term.size);
    const head = found.find((m) => /^compound_(?:head|info)$/.test(m.path));
    if (struct.name === 'page' && head) return { text: `${inner(text)}->${head.path}`, type: head.type };
    const fits = (m: MemberAt): boolean => pointsToSame(m.type, hint);
    const alike = hint?.resolve().kind === 'pointer' ? found.find((m) => hintKey(m.type) === hintKey(hint)) : undefined;
    const wanted =
      found.findLast(fits) ?? alike ?? this.#overlaid(struct, Number(offset), term.size).find(fits) ?? leaf(found);
    if (!wanted) return { text: `*((void *)${text}${signedText(offset)})` };
    return { text: `${inner(text)}->${wanted.path}`, type: wanted.type };
  }

  /** Page descriptors are used as other structs, too: `slab` and `folio` have been apart since Linux 5.17. */
  #overlaid(struct: CType, offset: number, size: number): MemberAt[] {
    if (struct.name !== 'page') return [];
    return ['slab', 'folio'].flatMap((name) => {
      const type = this.#prog.findType(`struct ${name}`);
      return type ? membersAt(type, offset, size) : [];
    });
  }

  /** Of an address inside a page descriptor the descriptor's. */
  pageStart(value: Linear): Linear | undefined {
    const at = this.#frame.value(value);
    const map = at === undefined || at < 0x10000n ? undefined : pageMap(this.#prog);
    if (at === undefined || !map) return undefined;
    for (let back = 0; back < map.stride; back += 8) {
      if (map.frameOf(at - (at & 7n) - BigInt(back)) === undefined) continue;
      return { origin: value.origin, addend: BigInt.asUintN(64, value.addend - BigInt(back) - (at & 7n)) };
    }
    return undefined;
  }

  #variable(at: Addr, term: Load): Named {
    const symbol = this.#prog.symbolAt(at);
    if (!symbol) return { text: `*(${hex(at)})` };
    const inside = Number(at - symbol.address);
    const type = this.#variableType(symbol);
    if (inside === 0 && (type === undefined || type.size === term.size)) return { text: symbol.name, type };
    const member = type && leaf(membersAt(type, inside, term.size));
    if (!member) return { text: `*(&${symbol.name}${signedText(BigInt(inside))})` };
    return { text: `${symbol.name}${member.path.startsWith('[') ? '' : '.'}${member.path}`, type: member.type };
  }

  /** A per-CPU variable. */
  #perCpu({ origin, addend }: Linear): Named | undefined {
    if (origin.term?.kind !== 'this-cpu') return undefined;
    if (isCurrent(this.#prog, addend)) return this.#current();
    const symbol = perCpuSymbol(this.#prog, addend);
    const text = symbol ? `${symbol.name}${signedText(addend - symbol.address)}` : hex(addend);
    const type = symbol && symbol.address === addend ? this.#prog.findVariableType(symbol.name) : undefined;
    return { text: `this_cpu_read(${text})`, type };
  }

  #current(): Named {
    const task = this.#prog.findType('struct task_struct');
    return { text: 'current', ...(task && { type: pointerTo(task, this.#prog.pointerSize) }) };
  }

  #merged(origin: Origin, hint: CType | undefined, depth: number): Named {
    const chosen = this.#frame.chosen(origin);
    if (chosen) return this.name(chosen, hint, depth + 1);
    const names = (origin.of ?? []).slice(0, 3).map((v) => this.name(v, hint, depth + 1));
    const type = names.find((n) => pointedStruct(n.type))?.type;
    return { text: placeText(origin), ...(type && { type }) };
  }

  #computed(origin: Origin, term: Term, depth: number): Named {
    if (term.kind === 'current') return this.#current();
    if (term.kind === 'this-cpu') return { text: '__my_cpu_offset' };
    const page = this.#page({ origin, addend: 0n }, depth);
    if (page) return page;
    if (term.kind === 'part' && !term.signed)
      return {
        text: this.name(this.#frame.origins.ofTerm(term.of, origin.index, origin.place), undefined, depth + 1).text,
      };
    return { text: placeText(origin) };
  }

  /** The descriptor of a page that is computed from an address in it. */
  #page(value: Linear, depth: number): Named | undefined {
    const at = this.#frame.value(value);
    const type = at === undefined ? undefined : this.#pageType(at);
    const source = type && this.#frame.pageSource(value);
    if (!type) return undefined;
    return {
      text: source ? `virt_to_page(${this.name(source, undefined, depth + 1).text})` : placeText(value.origin),
      type,
    };
  }

  #pageType(value: bigint): CType | undefined {
    const page = this.#prog.findType('struct page');
    if (!page || pageMap(this.#prog)?.frameOf(value) === undefined) return undefined;
    return pointerTo(page, this.#prog.pointerSize);
  }

  /** A pointer with a constant added: a member, or the struct around one. */
  #moved(base: Named, value: Linear, hint: CType | undefined): Named {
    const offset = signedAddend(value);
    const head = /^(.*)->compound_(?:head|info)$/.exec(base.text)?.[1];
    if (head !== undefined && offset === -1n && this.#isPage(value)) {
      return this.#sharper({ text: `compound_head(${head})` }, value, hint);
    }
    const sharp = this.#sharper(base, { ...value, addend: 0n }, this.hintFor(value.origin, 0));
    const struct = pointedStruct(sharp.type);
    const plain = { text: `${base.text}${signedText(offset)}`, ...(hint && { type: hint }) };
    if (!struct) return plain;
    if (offset < 0n) {
      const outer = this.#container(struct, offset, value.origin, hint, undefined, 0);
      if (!outer || BigInt(outer.distance) !== -offset) return plain;
      const type = pointerTo(outer.struct, this.#prog.pointerSize);
      return { text: `container_of(${sharp.text}, struct ${outer.struct.name}, ${outer.path})`, type };
    }
    const found = membersAt(struct, Number(offset));
    const member = found.find((m) => m.type.name === pointedStruct(hint)?.name) ?? found[0];
    if (!member) return plain;
    return { text: `&${inner(sharp.text)}->${member.path}`, type: pointerTo(member.type, this.#prog.pointerSize) };
  }

  #container(
    struct: CType,
    offset: bigint,
    made: Origin,
    hint: CType | undefined,
    read: { offset: bigint; size: number } | undefined,
    depth: number,
  ): { struct: CType; path: string; distance: number } | undefined {
    if (offset >= 0n || offset < -0x10000n) return undefined;
    const value = this.#frame.value({ origin: made, addend: 0n });
    const object = value === undefined ? undefined : BigInt.asUintN(64, value + offset);
    const cache = object === undefined ? undefined : slabOf(this.#frame, object);
    const moved = { origin: made, addend: BigInt.asUintN(64, offset) };
    const uses = usesOf(this.#frame, moved);
    const stated = pointedStruct(hint) ?? uses.types.map(pointedStruct).find((t) => t !== undefined);
    const distance = Number(-offset);
    void depth;
    const found = containerOf(this.#prog, struct, distance, {
      types: [stated, cache?.type].filter((t) => t !== undefined),
      sizes: cache ? sizesOf(cache) : passedCache(this.#frame),
      member: read ? undefined : uses.member,
    });
    return found && { struct: found.type, path: found.path, distance };
  }

  /** What calls and comparisons take a value for. */
  hintFor(origin: Origin, depth = 0): CType | undefined {
    if (depth > 2) return undefined;
    return usesOf(this.#frame, { origin, addend: 0n }).types.find((t) => pointedStruct(t));
  }

  /** The variable of the source that holds a value here, when debug information tells one. */
  variable(value: bigint, fits: (type: CType) => boolean): LocalVariable | undefined {
    const { prog, cpu } = this.#frame.context;
    if (!prog.has('locals')) return undefined;
    this.#locals ??=
      prog.localsAt(this.#frame.address, {
        registers: this.#frame.registerValues(),
        callers: [],
        ...(cpu !== undefined && { cpu }),
      }) ?? [];
    return this.#locals.find((l) => l.type && l.bytes?.length === 8 && wordOf(l.bytes) === value && fits(l.type));
  }
}

function wordOf(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}

/** Per-CPU variables that begin with the task that runs: `pcpu_hot` since Linux 6.2, `current_task` before and since 6.15. */
const CURRENT = ['current_task', 'pcpu_hot', 'const_pcpu_hot', 'const_current_task'];

export function isCurrent(prog: Program, offset: bigint): boolean {
  return CURRENT.some((name) => prog.findSymbol(name)?.address === offset);
}
