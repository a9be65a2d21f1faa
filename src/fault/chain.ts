import type { Phrase } from '../base/phrase.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Confidence, Evidence } from '../report/finding.ts';
import type { CType } from '../types/c-type.ts';

/** A place in the source; functions that were inlined there, the innermost first. */
export interface StepSource {
  readonly file: string;
  readonly line: number;
  readonly inlined: readonly string[];
}

/** One step from the fault back to where its value came from. */
export interface FaultStep {
  /** Function in whose code it is. */
  readonly function: string;
  readonly module?: string;
  readonly address: Addr;
  /** `symbol+0x12`. */
  readonly place: string;
  /** The instruction, as `dis` prints it. */
  readonly instruction: string;
  readonly source?: StepSource;
  readonly what: Phrase;
  /** The value as C would write it. */
  readonly expression: string;
  readonly type?: string;
  /** Absent when nothing keeps it any more. */
  readonly value?: bigint;
  /** The memory that it was loaded from, how much of it, and what is there now. */
  readonly readFrom?: { readonly address: Addr; readonly size: Bytes; readonly now?: bigint };
  readonly confidence: Confidence;
  readonly evidence: readonly Evidence[];
}

/** The way of one value, from the fault backwards. */
export interface FaultStrand {
  readonly steps: readonly FaultStep[];
  /** Why it ends. */
  readonly stopped: Phrase;
}

/** A pointer that took part: for those who look at objects. */
export interface FaultPointer {
  readonly value: Addr;
  readonly expression: string;
  readonly function: string;
  readonly type?: CType;
}

/** Something that has a name, from which the value came. */
export interface FaultOrigin {
  readonly kind: 'variable' | 'per-cpu' | 'object' | 'result';
  readonly expression: string;
  readonly address?: Addr;
  readonly type?: string;
  /** Slab cache of the object. */
  readonly cache?: string;
}

/** Why the machine trapped where it did. */
export interface FaultChain {
  /** `access`: memory; `jump`: to an address without code; `assertion`: the code itself trapped; `operand`: a value that the CPU refuses. */
  readonly kind: 'access' | 'jump' | 'assertion' | 'operand';
  readonly function: string;
  readonly module?: string;
  /** The address that could not be used, of `access` and `jump`. */
  readonly target?: Addr;
  /** Of a `jump` to the middle of a function that is no more: where that began, by the call that it had not returned from. */
  readonly within?: Addr;
  /** Bytes of an `access`. */
  readonly size?: Bytes;
  /** Of an access beside what a good pointer points to: that pointer, and what was added to it or indexed it. */
  readonly indexed?: { readonly array?: Addr; readonly value?: bigint };
  /** The value that the CPU refused, of `operand`. */
  readonly value?: bigint;
  /** The access, the condition or the value, as C would write it. */
  readonly expression: string;
  /** One sentence that tells it. */
  readonly summary: Phrase;
  /** One a value: a comparison has two. */
  readonly strands: readonly FaultStrand[];
  /** Where the way back ends, when that has a name. */
  readonly origin?: FaultOrigin;
  /** The first slab object on the way back. */
  readonly object?: FaultOrigin;
  readonly pointers: readonly FaultPointer[];
}
