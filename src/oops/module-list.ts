/** A module of the kernel's `Modules linked in:` line. */
export interface LinkedModule {
  readonly name: string;
  /** Letters in its parentheses: `O` out of tree, `P` proprietary, `E` unsigned, `C` staging, `+` loading, `-` unloading. */
  readonly flags: string;
}

const HEAD = 'Modules linked in:';
const TOKEN = /^([A-Za-z0-9_-]{1,64})(?:\(([A-Z+-]{1,12})\))?$/;
/** A list that a pager or a mail program broke goes on with nothing but names. */
const WRAPPED = /^[\w()+-]+(?: [\w()+-]+)* *(?:\[last unloaded: .*)?$/;
const MAX_MODULES = 1000;
const MAX_WRAPPED = 40;

/** The modules of a report. A name that was cut in two at the end of a line is put together again. */
export function readModules(lines: readonly string[]): LinkedModule[] {
  const at = lines.findIndex((l) => l.startsWith(HEAD));
  if (at < 0) return [];
  let text = (lines[at] as string).slice(HEAD.length);
  const wrapped = text.length > 150;
  for (let i = at + 1; wrapped && i < lines.length && i < at + MAX_WRAPPED && WRAPPED.test(lines[i] as string); i++) {
    text += lines[i] as string;
  }
  const found: LinkedModule[] = [];
  for (const token of text.replace(/\[last unloaded.*$/, '').split(/\s+/)) {
    const m = TOKEN.exec(token);
    if (m && found.length < MAX_MODULES) found.push({ name: m[1] as string, flags: m[2] ?? '' });
  }
  return found;
}
