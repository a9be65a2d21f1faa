import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { openDump } from '../src/node/open-dump.ts';
import { makeReport } from '../src/session/make-report.ts';
import { SAMPLES, samplePath } from './build/sample-dump.ts';

/**
 * Every sentence is written in all languages side by side, and must say the same in each: the same numbers, and the same
 * values put in. This reads the source, so that a sentence that no dump makes is held to it too.
 */
const root = resolve(import.meta.dirname, '..');

interface Literal {
  /** What is written, without what is put in. */
  readonly text: string;
  /** Expressions that are put in. */
  readonly inserts: readonly string[];
  readonly end: number;
}

/** The string or template that begins at a place of a source text; undefined where none does. */
function literalAt(source: string, at: number): Literal | undefined {
  const quote = source[at];
  if (quote !== "'" && quote !== '"' && quote !== '`') return undefined;
  let text = '';
  const inserts: string[] = [];
  for (let i = at + 1; i < source.length; i++) {
    const c = source[i];
    if (c === '\\') {
      text += source[++i];
    } else if (c === quote) {
      return { text, inserts, end: i + 1 };
    } else if (quote === '`' && c === '$' && source[i + 1] === '{') {
      const end = insertEnd(source, i + 2);
      inserts.push(source.slice(i + 2, end));
      i = end;
    } else text += c;
  }
  return undefined;
}

/** Where the brace closes that an insert opened; strings in it may hold braces. */
function insertEnd(source: string, from: number): number {
  let depth = 1;
  for (let i = from; i < source.length; i++) {
    const inner = literalAt(source, i);
    if (inner) i = inner.end - 1;
    else if (source[i] === '{') depth++;
    else if (source[i] === '}' && --depth === 0) return i;
  }
  return source.length;
}

interface Pair {
  readonly where: string;
  readonly en: Literal;
  readonly zh: Literal;
}

function* pairs(source: string, file: string): Iterable<Pair> {
  for (const match of source.matchAll(/\ben:\s*(?=['"`])/g)) {
    const en = literalAt(source, match.index + match[0].length);
    const between = en && /^\s*,\s*zh:\s*/.exec(source.slice(en.end));
    const zh = en && between ? literalAt(source, en.end + between[0].length) : undefined;
    if (en && zh) yield { where: `${file}:${source.slice(0, match.index).split('\n').length}`, en, zh };
  }
}

/** Numbers of a sentence, of the texts in its inserts too. */
function numbers({ text, inserts }: Literal): string[] {
  const inner = inserts.flatMap((insert) => strings(insert).flatMap(numbers));
  const own = text.replaceAll('万分', '10000 ').match(/(?<![\w.])(?:0x[0-9a-f]+|\d+(?:\.\d+)*)(?!\w)/g);
  return [...new Set([...(own ?? []), ...inner])].sort();
}

/** Values that are put in: the names in their expressions. */
function values({ inserts }: Literal): string[] {
  const names = inserts.flatMap((insert) => {
    let code = insert;
    const inner = strings(insert);
    for (const s of inner) code = code.replace(s.whole, "''");
    return [...(code.match(/(?<![\w.'])[A-Za-z_]\w*/g) ?? []), ...inner.flatMap(values)];
  });
  return [...new Set(names.filter((n) => !/^(?:undefined|null|true|false|language|say)$/.test(n)))].sort();
}

function strings(code: string): (Literal & { whole: string })[] {
  const found: (Literal & { whole: string })[] = [];
  for (let i = 0; i < code.length; i++) {
    const literal = literalAt(code, i);
    if (!literal) continue;
    found.push({ ...literal, whole: code.slice(i, literal.end) });
    i = literal.end - 1;
  }
  return found;
}

const files = globSync('src/**/*.ts', { cwd: root }).filter((f) => !f.endsWith('.test.ts'));
const all = files.flatMap((file) => [...pairs(readFileSync(join(root, file), 'utf8'), file)]);

test('the scanner finds the sentences and tells a difference', () => {
  assert.ok(all.length > 200, `${all.length} sentences`);
  const insert = '$' + '{n}';
  const [pair] = pairs(`{ en: \`at most ${insert} of 16 bytes\`, zh: '最多 8 字节' }`, 'x');
  assert.ok(pair);
  assert.deepEqual([numbers(pair.en), numbers(pair.zh)], [['16'], ['8']]);
  assert.deepEqual([values(pair.en), values(pair.zh)], [['n'], []]);
});

test('every sentence has the same numbers in all languages', () => {
  const wrong = all.filter((p) => numbers(p.en).join() !== numbers(p.zh).join());
  assert.deepEqual(
    wrong.map((p) => `${p.where}: ${numbers(p.en)} | ${numbers(p.zh)}`),
    [],
  );
});

test('no sentence leaves a value out that English has', () => {
  // A value that English spells in words of its own has another name in the other language: it must have one there.
  const own = (of: Literal, other: Literal): string[] => values(of).filter((v) => !values(other).includes(v));
  const wrong = all.filter((p) => own(p.en, p.zh).length > own(p.zh, p.en).length);
  assert.deepEqual(
    wrong.map((p) => `${p.where}: ${own(p.en, p.zh)} | ${own(p.zh, p.en)}`),
    [],
  );
});

const BOTH = /0x[0-9a-f]+|(?<![\w.])\d+(?:\.\d+)*(?![\w.])|\w*_\w+|\/[\w./-]+/g;

function* phrases(value: unknown): Iterable<{ en: string; zh: string }> {
  if (typeof value !== 'object' || value === null) return;
  if ('en' in value && 'zh' in value) yield value as { en: string; zh: string };
  else for (const member of Object.values(value)) yield* phrases(member);
}

for (const name of SAMPLES) {
  test(`${name}: what the report says holds the same numbers, names and paths in all languages`, async () => {
    const dump = await openDump([samplePath(name)]);
    try {
      const said = [...phrases(makeReport(dump.program))];
      assert.ok(said.length > 5, `${said.length} sentences`);
      const facts = (text: string): string =>
        [...new Set(text.replaceAll('万分', '10000 ').match(BOTH) ?? [])].sort().join(' ');
      for (const { en, zh } of said) assert.equal(facts(zh), facts(en), `${en} | ${zh}`);
    } finally {
      dump.close();
    }
  });
}

test('no sentence of one language is empty, or the same where it has words', () => {
  const wrong = all.filter((p) => (p.en.text.trim() === '') !== (p.zh.text.trim() === ''));
  assert.deepEqual(
    wrong.filter((p) => p.en.inserts.length === 0).map((p) => p.where),
    [],
  );
});
