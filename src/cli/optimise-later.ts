/**
 * Bytes of bytecode that a function runs through before V8 thinks of optimising it, and about as many of WebAssembly: what
 * V8 11.3 has by itself, and later ones where they differ, and what a report gets.
 */
const BYTECODE = { flag: 'interrupt-budget', usual: 66 * 1024, report: 1_000_000 } as const;
const WASM_11 = { flag: 'wasm-tiering-budget', usual: 1_800_000, report: 2_000_000_000 } as const;
const WASM = { ...WASM_11, usual: 13_000_000 } as const;

/**
 * Bytes of bytecode of other functions that V8 puts into one that it optimises. Most of the work of optimising is done on
 * them, and a report has run past such a function before that is made good: 80 ms instead of 180 are spent on 25 functions.
 */
const INLINED = { flag: 'max-inlined-bytecode-size-cumulative', usual: 920, report: 200 } as const;

/**
 * What is switched while a report is made: young objects are collected by the main thread alone (helpers, which V8 wakes for
 * every little collection, cost CPU time and save none of the user's: median of ten reports of a double free, Node 20 on 2
 * cores, 0.85 s instead of 0.89), and of the disassembler's three megabytes only the functions that are called are checked.
 */
const SWITCHES = [
  { flag: 'parallel-scavenge', report: false },
  { flag: 'wasm-lazy-validation', report: true },
] as const;

/**
 * A report runs much code a few times. V8 of Node 20 spends a third of the CPU time on optimising what is hardly used
 * again; it is told to wait longer. Later versions wait with JavaScript by themselves and do not know that flag. In the end all is as it
 * was: V8 takes code from a cache only if its flags are those that the cache was made with.
 */
export async function optimisedLater<T>(work: () => Promise<T>): Promise<T> {
  const v8 = process.getBuiltinModule('node:v8');
  const budgets = process.versions.v8.startsWith('11.3.') ? [BYTECODE, WASM_11, INLINED] : [WASM, INLINED];
  const set = (which: 'usual' | 'report'): void => {
    for (const budget of budgets) v8.setFlagsFromString(`--${budget.flag}=${budget[which]}`);
    for (const { flag, report } of SWITCHES) {
      v8.setFlagsFromString(`--${report === (which === 'report') ? '' : 'no-'}${flag}`);
    }
  };
  set('report');
  try {
    return await work();
  } finally {
    set('usual');
  }
}
