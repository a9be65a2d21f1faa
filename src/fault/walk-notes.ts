import type { CType } from '../types/c-type.ts';
import type { FaultChain, FaultOrigin, FaultPointer } from './chain.ts';
import type { FaultFrame } from './fault-frame.ts';
import { pointedStruct } from './member-at.ts';
import type { Named } from './naming.ts';
import { signedText } from './naming.ts';
import { addPointer } from './pointers.ts';
import { slabOf } from './slab-owner.ts';
import { typeText } from './step-writer.ts';

/** Values below are no addresses. */
const LOWEST = 0x1000n;

/** What is met on the way back: pointers, the first object, and what has a name at the end. */
export class WalkNotes {
  readonly #pointers: FaultPointer[] = [];
  #origin: FaultOrigin | undefined;
  #object: FaultOrigin | undefined;
  /** The object's type is that of a struct. */
  #typed = false;

  found(): Pick<FaultChain, 'origin' | 'object' | 'pointers'> {
    return {
      ...(this.#origin && { origin: this.#origin }),
      ...(this.#object && { object: this.#object }),
      pointers: this.#pointers,
    };
  }

  /** Something with a name; the first stays. */
  origin(origin: FaultOrigin): void {
    this.#origin ??= origin;
  }

  /** A value that may be a pointer. */
  pointer(frame: FaultFrame, value: bigint | undefined, { text, type }: Named): void {
    if (value === undefined || value < LOWEST) return;
    const place = { value, expression: text, function: frame.code.symbol.name };
    addPointer(this.#pointers, { ...place, ...(type && { type }) });
    if (this.#object) this.#rename(value, text, type);
    else this.#firstObject(frame, value, text, type);
  }

  #firstObject(frame: FaultFrame, address: bigint, expression: string, type: CType | undefined): void {
    const cache = slabOf(frame, address)?.name;
    if (cache === undefined) return;
    this.#object = { kind: 'object', expression, address, ...(type && { type: typeText(type) }), cache };
    this.#typed = pointedStruct(type) !== undefined;
  }

  /** An object is called by its most telling name. */
  #rename(value: bigint, expression: string, type: CType | undefined): void {
    if (this.#object?.address !== value || this.#typed || !type || !pointedStruct(type)) return;
    this.#object = { ...this.#object, expression, type: typeText(type) };
    this.#typed = true;
  }

  /** The last value that is known: a variable's address, an object, or just an address. */
  last(frame: FaultFrame, address: bigint | undefined, named: Named): void {
    if (address === undefined || address < LOWEST) return;
    const symbol = frame.context.prog.symbolAt(address);
    const type = named.type && typeText(named.type);
    const known = { address, ...(type !== undefined && { type }) };
    if (symbol) {
      const expression = `&${symbol.name}${signedText(address - symbol.address)}`;
      this.origin({ kind: 'variable', expression, ...known });
      return;
    }
    const cache = slabOf(frame, address)?.name;
    this.origin({ kind: 'object', expression: named.text, ...known, ...(cache !== undefined && { cache }) });
  }
}
