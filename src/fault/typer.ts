import type { LocalVariable } from '../program/ports.ts';
import type { CType } from '../types/c-type.ts';
import { pointerTo } from '../types/simple-type.ts';
import { type AddressParts, addressParts } from './address-parts.ts';
import { containerOf } from './containers.ts';
import type { FaultFrame } from './fault-frame.ts';
import { advanceOf } from './loops.ts';
import { type MemberAt, membersAt, pointedStruct, pointsToSame } from './member-at.ts';
import { hintKey, inner, leaf, type Named, placeText, signedText } from './naming.ts';
import { type Linear, type Origin, signedAddend } from './origin.ts';
import { isPage, overlaid, pageStart, pageType } from './page-type.ts';
import { parametersOf } from './parameters.ts';
import { prototypeOf } from './prototypes.ts';
import { passedCache, sizesOf, slabOf } from './slab-owner.ts';
import type { Term } from './term.ts';
import { usesOf } from './uses.ts';
import { nameConstant, nameCurrent, namePerCpu, nameVariable } from './variable-names.ts';

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
    if (origin.kind === 'constant') return nameConstant(this.#prog, value.addend);
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
      const asPage = pointedStruct(named.type)?.name === 'page' && pointedStruct(hint)?.name !== undefined;
      return asPage && isPage(this.#frame, value) ? { ...named, type: hint } : named;
    }
    const at = this.#frame.value(value);
    const page = at === undefined ? undefined : pageType(this.#prog, at);
    if (page) return { ...named, type: page };
    return pointedStruct(hint) ? { ...named, type: hint } : named;
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
    if (address.origin.kind === 'constant') return nameVariable(this.#prog, address.addend, term.size);
    if (address.origin.kind === 'computed') {
      const parts = addressParts(this.#frame, address);
      const named = namePerCpu(this.#prog, address) ?? (parts && this.#ofParts(parts, term, hint, depth));
      if (named) return named;
    }
    const start = pageStart(this.#frame, address) ?? { origin: address.origin, addend: 0n };
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
      found.findLast(fits) ??
      alike ??
      overlaid(this.#prog, struct, Number(offset), term.size).find(fits) ??
      leaf(found);
    if (!wanted) return { text: `*((void *)${text}${signedText(offset)})` };
    return { text: `${inner(text)}->${wanted.path}`, type: wanted.type };
  }

  #merged(origin: Origin, hint: CType | undefined, depth: number): Named {
    const advance = advanceOf(this.#frame, origin);
    if (advance) {
      const { type } = this.name(advance.start, hint, depth + 1);
      return { text: placeText(origin), ...(type && { type }) };
    }
    const chosen = this.#frame.chosen(origin);
    if (chosen) return this.name(chosen, hint, depth + 1);
    const names = (origin.of ?? []).slice(0, 3).map((v) => this.name(v, hint, depth + 1));
    const type = names.find((n) => pointedStruct(n.type))?.type;
    return { text: placeText(origin), ...(type && { type }) };
  }

  #computed(origin: Origin, term: Term, depth: number): Named {
    if (term.kind === 'current') return nameCurrent(this.#prog);
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
    const type = at === undefined ? undefined : pageType(this.#prog, at);
    const source = type && this.#frame.pageSource(value);
    if (!type) return undefined;
    return {
      text: source ? `virt_to_page(${this.name(source, undefined, depth + 1).text})` : placeText(value.origin),
      type,
    };
  }

  /** A pointer with a constant added: a member, or the struct around one. */
  #moved(base: Named, value: Linear, hint: CType | undefined): Named {
    const offset = signedAddend(value);
    const head = /^(.*)->compound_(?:head|info)$/.exec(base.text)?.[1];
    if (head !== undefined && offset === -1n && isPage(this.#frame, value)) {
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
    return this.#locals.find(
      (l) => l.type && l.bytes?.length === 8 && wordOf(l.bytes, prog.arch.littleEndian) === value && fits(l.type),
    );
  }
}

function wordOf(bytes: Uint8Array, littleEndian: boolean): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, littleEndian);
}
