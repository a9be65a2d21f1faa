import type { CrashAnswer } from './crash-process.ts';

/** crash's answer without what it says of its own failing. */
export interface CrashText {
  readonly lines: readonly string[];
  /** Why there is nothing, or not all; undefined when there was no failure. */
  readonly failure?: string;
}

/** `kmem: cannot resolve ...`, and the lines that crash adds to it. */
const MESSAGE = /^(?:crash[-\w]*|[a-z_0-9*]+): (?!\S+\[)/;
const TRAILER = /^(?:\s*FILE: \S+\s+LINE: \d+|\[\S* ?error trace:|\s*crash: page excluded|WARNING: )/;
const GDB_ERROR =
  /^(?:gdb: gdb request failed|No symbol "|Cannot access memory at address|A syntax error in expression|Invalid )/;

/** Divides an answer into what is to be compared and what is an error of crash's. */
export function crashText(line: string, { how, lines }: CrashAnswer): CrashText {
  const word = line.trim().split(/\s+/)[0] ?? '';
  const failures: string[] = [];
  const good = lines.filter((text) => {
    const failed = isMessage(text, word) || TRAILER.test(text) || GDB_ERROR.test(text);
    if (failed) failures.push(text.trim());
    return !failed;
  });
  if (how !== 'answered') failures.push(`crash ${how}`);
  const [first] = failures;
  // a usage text is the answer to a line that crash does not understand
  if (/^Usage:/m.test(good.join('\n'))) return { lines: [], failure: 'usage' };
  return first === undefined ? { lines: good } : { lines: good, failure: first };
}

function isMessage(text: string, word: string): boolean {
  if (!MESSAGE.test(text)) return false;
  const name = text.slice(0, text.indexOf(':'));
  const each = /^(?:foreach|for)$/.test(word) && /^(?:bt|vm|task|files|net|set|ps|sig|vtop)$/.test(name);
  return (
    each || /^crash(?:-\w+)?$/.test(name) || name === word || name === word.replace(/^\*.*/, 'struct') || name === 'gdb'
  );
}
