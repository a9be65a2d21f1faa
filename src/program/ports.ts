/**
 * The ports: what a dump format, a CPU, a debug format and a host provide. Each provider is one file in `dump/`,
 * `arch/` or `debug/` and one line in that folder's `index.ts`; what it cannot do, it leaves out.
 */

export type * from './architecture.ts';
export type * from './debug-info.ts';
export type * from './dump-format.ts';
export type * from './problem.ts';
export type * from './unwind-support.ts';
