/** Characters with which a match of an anchored expression can begin; undefined when they cannot be told. */
export function firstCharacters(pattern: RegExp): ReadonlySet<string> | undefined {
  const { source, ignoreCase } = pattern;
  const found = new Set<string>();
  if (!source.startsWith('^') || !collect(source, 1, found)) return undefined;
  if (ignoreCase) for (const c of [...found]) found.add(c.toLowerCase()).add(c.toUpperCase());
  return found;
}

/** Adds the first characters of each alternative from `at` to the end of its group; false when one cannot be told. */
function collect(source: string, at: number, found: Set<string>): boolean {
  for (let i = at; ; ) {
    if (!alternative(source, i, found)) return false;
    i = nextAlternative(source, i);
    if (i < 0) return true;
  }
}

/** The first characters of one alternative: more than one when it begins with something optional. */
function alternative(source: string, at: number, found: Set<string>): boolean {
  let i = source[at] === '^' ? at + 1 : at;
  for (;;) {
    const c = source[i];
    if (c === undefined || c === '.' || c === '|' || c === ')' || source.startsWith('(?!', i)) return false;
    if (c === '(') {
      const inner = i + (/^\((?:\?:|\?<\w+>)?/.exec(source.slice(i, i + 24)) as RegExpExecArray)[0].length;
      if (!collect(source, inner, found)) return false;
      i = closing(source, inner) + 1;
    } else if (c === '[') {
      const end = source.indexOf(']', i);
      const members = source.slice(i + 1, end);
      if (!/^[A-Za-z]+$/.test(members)) return false;
      for (const m of members) found.add(m);
      i = end + 1;
    } else if (c === '\\') {
      if (/[a-z]/i.test(source[i + 1] ?? 'a')) return false;
      found.add(source[i + 1] as string);
      i += 2;
    } else {
      found.add(c);
      i++;
    }
    if (source[i] !== '?') return source[i] !== '*' && source[i] !== '{';
    i++;
  }
}

/** Behind the next `|` of the same group; -1 at its end. */
function nextAlternative(source: string, at: number): number {
  const end = scan(source, at, true);
  return source[end] === '|' ? end + 1 : -1;
}

function closing(source: string, at: number): number {
  return scan(source, at, false);
}

/** The `)` that ends the group, or the `|` before it. */
function scan(source: string, at: number, bar: boolean): number {
  let depth = 0;
  for (let i = at; i < source.length; i++) {
    const c = source[i];
    if (c === '\\') i++;
    else if (c === '[') i = source.indexOf(']', i);
    else if (c === '(') depth++;
    else if (c === ')' && depth-- === 0) return i;
    else if (c === '|' && bar && depth === 0) return i;
  }
  return source.length;
}
