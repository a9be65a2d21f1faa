/**
 * Bytes of bytecode that a function runs through before V8 thinks of optimising it, and about as many of WebAssembly; what
 * V8 11.3 has by itself, and what a report gets.
 */
const BUDGETS = [
  { flag: 'interrupt-budget', usual: 66 * 1024, report: 1_000_000 },
  { flag: 'wasm-tiering-budget', usual: 1_800_000, report: 13_000_000 },
] as const;

/**
 * A report runs much code a few times. V8 of Node 20 spends a third of the CPU time on optimising what is hardly used
 * again; it is told to wait longer. Later versions wait by themselves and do not know the flags. In the end all is as it
 * was: V8 takes code from a cache only if its flags are those that the cache was made with.
 */
export async function optimisedLater<T>(work: () => Promise<T>): Promise<T> {
  if (!process.versions.v8.startsWith('11.3.')) return work();
  const set = (which: 'usual' | 'report'): void => {
    const v8 = process.getBuiltinModule('node:v8');
    for (const budget of BUDGETS) v8.setFlagsFromString(`--${budget.flag}=${budget[which]}`);
  };
  set('report');
  try {
    return await work();
  } finally {
    set('usual');
  }
}
