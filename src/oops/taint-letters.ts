/** Taint of the kernel as a report prints it. */
export interface TaintFlags {
  /** Letters without blanks; empty: not tainted. */
  readonly letters: string;
  readonly meanings: readonly string[];
}

/** Documentation/admin-guide/tainted-kernels.rst. */
const MEANINGS: Readonly<Record<string, string>> = {
  P: 'proprietary module',
  F: 'module loaded by force',
  S: 'kernel on a machine out of specification',
  R: 'module unloaded by force',
  M: 'machine check happened',
  B: 'bad page referenced',
  U: 'asked for by user space',
  D: 'died before: oops or BUG',
  A: 'ACPI table overridden',
  W: 'warned before',
  C: 'staging driver',
  I: 'works around a firmware bug',
  O: 'out-of-tree module',
  E: 'unsigned module',
  L: 'soft lockup happened',
  K: 'live patched',
  X: "distribution's own",
  T: 'built with structure randomization',
  N: 'in-kernel test ran',
  J: 'fwctl changed device state',
};

/** @param text what stands behind `Tainted: `; `G` says that every module is free, so it is no taint */
export function parseTaint(text: string): TaintFlags {
  const letters = text.replace(/[^A-Z]/g, '').replace('G', '');
  return { letters, meanings: [...letters].map((l) => MEANINGS[l] ?? `taint ${l}`) };
}
