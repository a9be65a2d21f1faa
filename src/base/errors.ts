import { hex } from './hex.ts';
import type { Addr, Bytes } from './units.ts';

/** Why memory cannot be read; `excluded` is a page that a filter such as makedumpfile left out on purpose. */
export type FaultReason = 'unmapped' | 'non-canonical' | 'not-in-dump' | 'excluded' | 'truncated' | 'corrupt';

/** What each reason means to a reader. */
export const FAULT_TEXT: Readonly<Record<FaultReason, string>> = {
  unmapped: 'not mapped',
  'non-canonical': 'outside of this address space',
  'not-in-dump': 'not in the dump',
  excluded: 'excluded from the dump by its filter',
  truncated: 'beyond the end of the truncated dump',
  corrupt: 'in a damaged part of the dump',
};

/** Anything that analysing a dump can fail with. Every other exception is a bug of this program. */
export class AnalysisError extends Error {
  /** Stable identifier of the kind of error, for machines. */
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AnalysisError';
    this.code = code;
  }
}

/** Memory that cannot be read: the address and the reason. */
export class MemoryFault extends AnalysisError {
  readonly address: Addr;
  readonly reason: FaultReason;
  constructor(address: Addr, reason: FaultReason, what?: string) {
    super('memory-fault', `${what ? `${what}: ` : ''}address ${hex(address)} is ${FAULT_TEXT[reason]}`);
    this.address = address;
    this.reason = reason;
  }
}

/** A file that does not hold what its format promises: the file, the offset and what is wrong there. */
export class BadDataError extends AnalysisError {
  readonly source: string;
  readonly offset: Bytes;
  constructor(source: string, offset: Bytes, what: string, options?: { cause?: unknown }) {
    super('bad-data', `${source}: offset ${hex(offset)}: ${what}`, options);
    this.source = source;
    this.offset = offset;
  }
}

/** A kernel structure whose content cannot be right. */
export class CorruptError extends AnalysisError {
  readonly address: Addr;
  constructor(address: Addr, what: string) {
    super('corrupt', `${hex(address)}: ${what}`);
    this.address = address;
  }
}

/** A symbol, type, member, task ... that is not there. */
export class NotFoundError extends AnalysisError {
  readonly kind: string;
  readonly missing: string;
  constructor(kind: string, name: string, why?: string) {
    super('not-found', `no ${kind} ${name}${why ? `: ${why}` : ''}`);
    this.kind = kind;
    this.missing = name;
  }
}

/** Something real that this program cannot read (yet). */
export class UnsupportedError extends AnalysisError {
  constructor(what: string) {
    super('unsupported', what);
  }
}

/** A request that makes no sense: wrong option, wrong argument. */
export class UsageError extends AnalysisError {
  constructor(what: string) {
    super('usage', what);
  }
}
