/** One function of an answer: of inlined ones the innermost comes first. */
export interface NamedLine {
  /** Empty where the peer knows none. */
  readonly name: string;
  /** Path as the peer writes it; empty where it knows none. */
  readonly file: string;
  readonly line: number;
}

/**
 * Answers of `addr2line -a -i -f` in the order of the questions (GNU, LLVM and elfutils write alike): an address, then for
 * each function a line with its name and one with `file:line`, where GNU may add ` (discriminator 3)` and elfutils a column.
 */
export function parseAddr2line(text: string): (readonly NamedLine[])[] {
  const answers: NamedLine[][] = [];
  let name: string | undefined;
  for (const row of text.split('\n')) {
    if (name === undefined && /^0x[0-9a-f]+$/.test(row)) answers.push([]);
    else if (name === undefined) {
      if (row !== '') name = row === '??' ? '' : row.replace(/ inlined at .*$/, '');
    } else {
      const m = /^(.*?):(\d+|\?)(?::\d+)?(?: \(.*\))?$/.exec(row);
      const file = m?.[1] ?? '';
      answers.at(-1)?.push({ name, file: file === '??' ? '' : file, line: Number(m?.[2] ?? 0) || 0 });
      name = undefined;
    }
  }
  return answers;
}

/** A path without `.` and `..` parts, however its directories were joined. */
export function plainPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '.' || (part === '' && parts.length > 0)) continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..' && parts.at(-1) !== '') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

/** The same functions, files and lines. */
export function sameChain(a: readonly NamedLine[], b: readonly NamedLine[]): boolean {
  return (
    a.length === b.length &&
    a.every((x, i) => {
      const y = b[i] as NamedLine;
      return x.name === y.name && x.line === y.line && plainPath(x.file) === plainPath(y.file);
    })
  );
}

/** One line of text for a chain. */
export function chainText(chain: readonly NamedLine[] | undefined): string {
  if (!chain) return '(no answer)';
  return chain.map((f) => `${f.name || '??'} ${plainPath(f.file) || '??'}:${f.line}`).join(' < ');
}
