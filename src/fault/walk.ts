import type { Phrase } from '../base/phrase.ts';
import type { Confidence } from '../report/finding.ts';
import type { CType } from '../types/c-type.ts';
import { addressParts } from './address-parts.ts';
import type { Callers } from './callers.ts';
import type { FaultChain, FaultStep, FaultStrand } from './chain.ts';
import type { FaultFrame } from './fault-frame.ts';
import { advanceOf } from './loops.ts';
import { pointsToSame } from './member-at.ts';
import type { Named } from './naming.ts';
import { type Linear, type Origin, plus } from './origin.ts';
import { flattened, onlySource } from './origin-sources.ts';
import { pageStart } from './page-type.ts';
import { parametersOf } from './parameters.ts';
import { advanced, kept, loaded, pageOf, parameter, passed, returned, stops } from './phrases.ts';
import { makeStep, typeText } from './step-writer.ts';
import type { Term } from './term.ts';
import { Typer } from './typer.ts';
import { isCurrent } from './variable-names.ts';
import { WalkNotes } from './walk-notes.ts';

const MAX_STEPS = 64;
const MAX_FRAMES = 8;

type Load = Extract<Term, { kind: 'memory' }>;

/** Where the walk is: a value of a frame, and what it is taken for. */
interface At {
  readonly frame: FaultFrame;
  readonly value: Linear;
  readonly hint?: CType | undefined;
  /** The value as what it was passed to or chosen for has it; the frame's own where that is not known. */
  readonly known?: bigint | undefined;
}

/** Follows one value backwards through the functions that it passed. */
export class Walk {
  readonly #callers: Callers;
  readonly #typers: Map<FaultFrame, Typer>;
  readonly #steps: FaultStep[] = [];
  readonly #notes = new WalkNotes();
  readonly #passed: Set<string>;
  #frames = 1;
  #confidence: Confidence = 'certain';
  #stopped: Phrase | undefined;

  /** @param passed what other walks of the same fault have passed */
  constructor(callers: Callers, typers: Map<FaultFrame, Typer>, passed = new Set<string>()) {
    this.#callers = callers;
    this.#typers = typers;
    this.#passed = passed;
  }

  /** What was met on the way. */
  found(): Pick<FaultChain, 'origin' | 'object' | 'pointers'> {
    return this.#notes.found();
  }

  /** @param hint a type that the value is known to have */
  follow(frame: FaultFrame, value: Linear, hint?: CType): FaultStrand {
    let at: At | undefined = { frame, value, hint };
    while (at && this.#stopped === undefined) {
      if (this.#steps.length >= MAX_STEPS) this.#stopped = stops.far();
      else at = this.#back(at);
    }
    return { steps: this.#steps, stopped: this.#stopped ?? stops.far() };
  }

  typer(frame: FaultFrame): Typer {
    let typer = this.#typers.get(frame);
    if (!typer) {
      typer = new Typer(frame);
      this.#typers.set(frame, typer);
    }
    return typer;
  }

  #stop(why: Phrase): undefined {
    this.#stopped = why;
    return undefined;
  }

  #name(at: At): Named {
    return this.typer(at.frame).name(at.value, at.hint);
  }

  #valueOf({ frame, value, known }: At): bigint | undefined {
    return known ?? frame.value(value);
  }

  /** The same without the constant that was added. */
  #plain(at: At): At {
    const { addend } = at.value;
    if (addend === 0n) return at;
    const known = at.known === undefined ? undefined : BigInt.asUintN(64, at.known - addend);
    return { frame: at.frame, value: { origin: at.value.origin, addend: 0n }, known };
  }

  #back(at: At): At | undefined {
    const { frame, value } = at;
    const { origin } = value;
    const key = `${frame.code.symbol.address} ${frame.index} ${origin.key} ${value.addend}`;
    if (this.#passed.has(key)) return this.#stop(stops.same());
    this.#passed.add(key);
    this.#notes.pointer(frame, this.#valueOf(at), this.#name(at));
    const inside = frame.code.symbol.name;
    switch (origin.kind) {
      case 'constant':
        return this.#constant(at);
      case 'stack':
        return this.#stop(stops.stack(inside));
      case 'load':
        return this.#load(at, origin.term as Load);
      case 'entry':
        return this.#entry(at);
      case 'call':
        return this.#call(at);
      case 'merged':
        return this.#merged(at);
      case 'computed':
        return this.#computed(at);
      case 'lost':
        return this.#lost(at);
    }
  }

  #lost(at: At): undefined {
    const { frame, value } = at;
    const { index, place } = value.origin;
    const inside = frame.code.symbol.name;
    if (typeof place !== 'number' || !frame.code.isCall(index)) return this.#stopAtObject(at, stops.lost(inside));
    return this.#stopAtObject(at, stops.filled(this.typer(frame).called(index).text));
  }

  #constant(at: At): undefined {
    const { text, type } = this.#name(at);
    const symbol = at.frame.context.prog.symbolAt(at.value.addend);
    if (!symbol) return this.#stop(stops.constant(text));
    this.#notes.origin({
      kind: 'variable',
      expression: text,
      address: at.value.addend,
      ...(type && { type: typeText(type) }),
    });
    return this.#stop(stops.address(text));
  }

  #load(at: At, term: Load): At | undefined {
    const { frame, value } = at;
    const { origin } = value;
    const plain = this.#plain(at);
    if (value.addend !== 0n) this.#moved(at, origin.index);
    const named = this.#name(plain);
    const address = frame.evaluate(term.address, origin.index);
    const now = address === undefined ? undefined : frame.read(address, term.size);
    const held = plain.known ?? (frame.keeps(origin) ? frame.value(plain.value) : undefined);
    this.#add(frame, origin.index, {
      named,
      what: loaded(named.text, address, now, held),
      value: held ?? frame.value(plain.value),
      ...(address !== undefined && { readFrom: { address, size: term.size, ...(now !== undefined && { now }) } }),
    });
    return this.#behind(frame, frame.origins.ofTerm(term.address, origin.index), named, address);
  }

  /** From a load to the pointer that it went through. */
  #behind(frame: FaultFrame, from: Linear, named: Named, address: bigint | undefined): At | undefined {
    const { origin } = from;
    const { prog } = frame.context;
    const at = address === undefined ? {} : { address };
    if (origin.kind === 'constant') {
      this.#notes.origin({ kind: 'variable', expression: named.text, ...at });
      return this.#stop(stops.variable(named.text));
    }
    if (origin.term?.kind === 'this-cpu') {
      if (isCurrent(prog, from.addend)) return this.#stop(stops.current());
      this.#notes.origin({ kind: 'per-cpu', expression: named.text, ...at });
      return this.#stop(stops.perCpu(named.text));
    }
    const parts = addressParts(frame, from);
    const page = pageStart(frame, from);
    if (page) return { frame, value: page };
    const base = parts ? parts.base : { origin, addend: 0n };
    return { frame, value: base, hint: this.typer(frame).hintFor(base.origin) };
  }

  /** A constant was added: a member of a struct, or the struct around a member. */
  #moved(at: At, index: number): void {
    const named = this.#name(at);
    const value = this.#valueOf(at);
    const last = this.#steps.at(-1);
    if (last?.expression === named.text && last.value === value) return;
    const en = `${named.text} was computed`;
    this.#add(at.frame, index < 0 ? at.frame.index : index, { named, what: { en, zh: `算出 ${named.text}` }, value });
  }

  #entry(at: At): At | undefined {
    const { frame, value } = at;
    const { machine, symbol } = frame.code;
    const { place } = value.origin;
    if (value.addend !== 0n) this.#moved(at, -1);
    const plain = this.#plain(at);
    const named = this.#name(plain);
    const n = typeof place === 'string' ? machine.arguments.indexOf(place) : -1;
    const known = n < 0 ? undefined : parametersOf(frame.context.prog, symbol)[n];
    if (n >= 0) {
      const what = parameter(named.text, n + 1, symbol.name);
      this.#add(frame, 0, { named, what, value: this.#valueOf(plain) });
    }
    // what was added to makes it something else
    return this.#intoCaller(plain, n, known?.type ?? (value.addend === 0n ? at.hint : undefined));
  }

  #intoCaller(at: At, n: number, hint: CType | undefined): At | undefined {
    const { frame, value } = at;
    const { machine, symbol } = frame.code;
    if (++this.#frames > MAX_FRAMES) return this.#stop(stops.far());
    const caller = this.#callers.of(frame);
    if (!caller) return this.#stopAtObject(at, stops.caller(symbol.name));
    const { place } = value.origin;
    const isKept = typeof place === 'string' && machine.preserved.includes(place);
    if (caller.several) this.#confidence = 'likely';
    if (caller.how === 'lost' && !isKept)
      return this.#stopAtObject(at, stops.jumps(caller.frame.code.symbol.name, symbol.name));
    if (caller.how === 'indirect' && !isKept && !this.#takes(caller.frame, value.origin, hint)) {
      return this.#stopAtObject(at, stops.pointer(caller.frame.code.symbol.name, symbol.name));
    }
    const there = typeof place === 'string' ? place : this.#stackPlaceAt(caller.frame, place);
    if (there === undefined) return this.#stop(stops.caller(symbol.name));
    const passedOn = caller.frame.origins.of(there, caller.frame.index);
    const next: At = { frame: caller.frame, value: passedOn, hint, known: this.#valueOf(at) };
    const named = this.#name(next);
    const what =
      n >= 0 ? passed(named.text, n + 1, symbol.name, caller.how === 'jump') : kept(named.text, String(place));
    this.#add(caller.frame, caller.frame.index, { named, what, value: this.#valueOf(next) });
    return next;
  }

  /** Whether a function that was called through a lost pointer takes what the caller passed: then it was this one, likely. */
  #takes(caller: FaultFrame, { place }: Origin, type: CType | undefined): boolean {
    if (typeof place !== 'string') return false;
    const passed = this.typer(caller).name(caller.origins.of(place, caller.index));
    if (!pointsToSame(passed.type, type)) return false;
    this.#confidence = 'likely';
    return true;
  }

  /** A word above the callee's frame, as the caller counts it: the call pushed what is returned to. */
  #stackPlaceAt(caller: FaultFrame, place: number): number | undefined {
    const { sp } = caller.origins.depth(caller.index);
    const pushed = caller.code.machine.link === undefined && !caller.jumped ? 8 : 0;
    return sp === undefined ? undefined : sp - pushed + place;
  }

  #call(at: At): undefined {
    const { frame, value } = at;
    if (value.addend !== 0n) this.#moved(at, -1);
    const plain = this.#plain(at);
    const named = this.#name(plain);
    const callee = named.text;
    const address = this.#valueOf(plain);
    this.#add(frame, value.origin.index, { named, what: returned(callee), value: address });
    this.#notes.last(frame, address, named);
    this.#notes.origin({ kind: 'result', expression: callee, ...(address !== undefined && { address }) });
    return this.#stop(stops.returned(callee));
  }

  #merged(at: At): At | undefined {
    const { frame, value } = at;
    const advance = advanceOf(frame, value.origin);
    if (advance) {
      const plain = this.#plain(at);
      const from = this.typer(frame).name(advance.start, at.hint).text;
      const named = this.#name(plain);
      this.#add(frame, advance.index, { named, what: advanced(named.text, from), value: this.#valueOf(plain) });
      return { frame, value: advance.start, hint: at.hint };
    }
    const chosen = frame.chosen(value.origin, this.#valueOf(this.#plain(at)));
    if (chosen) {
      if (value.origin.key.startsWith('merged')) this.#confidence = 'likely';
      return { ...at, value: plus(chosen, value.addend), known: this.#valueOf(at) };
    }
    const alike = this.#alike(at);
    if (alike) return alike;
    return this.#stopAtObject(at, stops.merged(value.origin.of?.length ?? 0, frame.code.symbol.name));
  }

  /** Several ways on which the value was made in the same manner. */
  #alike(at: At): At | undefined {
    const { frame, value } = at;
    const typer = this.typer(frame);
    const of = flattened(value.origin);
    const [first] = of;
    if (!first || first.origin.kind === 'lost') return undefined;
    const { text } = typer.name(first, at.hint);
    if (!of.every((v) => v.origin.kind === first.origin.kind && typer.name(v, at.hint).text === text)) return undefined;
    this.#confidence = 'likely';
    return { ...at, value: plus(first, value.addend), known: this.#valueOf(at) };
  }

  #computed(at: At): At | undefined {
    const { frame, value } = at;
    const { origin } = value;
    const { name } = frame.code.symbol;
    if (origin.term?.kind === 'current') return this.#stop(stops.current());
    const source = frame.pageSource(value) ?? frame.pageSource({ origin, addend: 0n });
    if (source) {
      const inner = this.typer(frame).name(source);
      this.#add(frame, origin.index, { named: this.#name(at), what: pageOf(inner.text), value: this.#valueOf(at) });
      return { frame, value: source };
    }
    const only = onlySource(frame, origin);
    if (only) return { frame, value: only };
    return this.#stopAtObject(at, stops.computed(name));
  }

  /** The last value that is known may be an object that has a name. */
  #stopAtObject(at: At, why: Phrase): undefined {
    this.#notes.last(at.frame, this.#valueOf(at), this.#name(at));
    return this.#stop(why);
  }

  #add(
    frame: FaultFrame,
    index: number,
    facts: Pick<Parameters<typeof makeStep>[2], 'named' | 'what' | 'value' | 'readFrom'>,
  ): void {
    this.#steps.push(makeStep(frame, index, { ...facts, confidence: this.#confidence }));
  }
}
