/** Bytes of bytecode that a function runs through before V8 thinks of optimising it; 66 to 132 KiB by default. */
const BUDGET = 1_000_000;

/**
 * A report runs much code a few times. V8 of Node 20 and 21 spends a third of the CPU time on optimising what is hardly used
 * again; it is told to wait longer. Later versions wait by themselves and do not know the flag.
 */
export function optimiseLater(): void {
  if (!process.versions.v8.startsWith('11.')) return;
  process.getBuiltinModule('node:v8').setFlagsFromString(`--interrupt-budget=${BUDGET}`);
}
