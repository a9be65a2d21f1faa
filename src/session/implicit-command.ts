import type { Program } from '../program/program.ts';

/**
 * The line that is meant by one whose first word is no command: `*type` and types are for `struct`, `union` or `whatis`,
 * symbols and expressions for `p`; undefined when the word means nothing.
 */
export function implicitCommand(prog: Program, line: string): string | undefined {
  const text = line.trim();
  const starred = /^\*\s*([A-Za-z_]\w*)/.exec(text)?.[1];
  if (starred !== undefined && !prog.findSymbol(starred)) {
    return `${tagged(prog, starred) ?? 'struct'} ${text.replace(/^\*\s*/, '')}`;
  }
  const word = /^[A-Za-z_]\w*/.exec(text)?.[0];
  if (word === undefined) return /^[&*(]/.test(text) ? `p ${text}` : undefined;
  if (/^(?:struct|union|enum)$/.test(word)) return undefined;
  if (prog.findSymbol(word)) return `p ${text}`;
  const kind = tagged(prog, word);
  if (kind !== undefined) return `${kind} ${text}`;
  return prog.findType(word) ? `whatis ${text}` : undefined;
}

/** Which kind of type has this tag; a structure goes first, as both rarely exist. */
function tagged(prog: Program, name: string): 'struct' | 'union' | undefined {
  return (['struct', 'union'] as const).find((kind) => prog.findType(`${kind} ${name}`) !== undefined);
}
