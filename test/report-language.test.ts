import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDump } from '../src/node/open-dump.ts';
import type { Block } from '../src/report/block.ts';
import type { CrashReport } from '../src/report/crash-report.ts';
import { crashReportBlocks } from '../src/report/crash-report-blocks.ts';
import { renderHtml } from '../src/report/html/render-html.ts';
import { makeReport } from '../src/session/make-report.ts';
import { SAMPLES, samplePath } from './build/sample-dump.ts';

/**
 * The report in Chinese: no sentence, heading or title of a table is left in English, and it says the same as the English one.
 * What the dump itself says (log, names, code) is English in both.
 */
const CHINESE = /[\u4e00-\u9fff]/;
/** Three words in a row are a sentence; two may be a name. */
const SENTENCE = /\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b/;
/** Terms that are the same in Chinese texts. */
const TERMS = ['mapped by', 'IRQ stack'];

/** Every text of the report as data, but for the English sentences. */
function dataTexts(value: unknown, into: string[] = []): string[] {
  if (typeof value === 'string') into.push(value);
  else if (Array.isArray(value)) for (const v of value) dataTexts(v, into);
  else if (typeof value === 'object' && value !== null) {
    const isPhrase = 'en' in value && 'zh' in value;
    for (const [name, v] of Object.entries(value)) if (!(isPhrase && name === 'en')) dataTexts(v, into);
  }
  return into;
}

/** Texts of a block, each line by itself. */
function blockTexts(block: Block): string[] {
  switch (block.kind) {
    case 'heading':
    case 'text':
      return [block.text];
    case 'lines':
      return [...block.lines];
    case 'list':
      return block.items.map((item, i) => `${item}  [${block.commands?.[i] ?? ''}]`);
    case 'facts':
      return block.facts.map(([name, value]) => `${name}: ${value}`);
    case 'table':
      return [...block.columns.map((c) => c.title), ...[...block.rows].map((row) => row.join('  '))];
    case 'stack':
      return []; // names of functions
  }
}

/** Texts with an English sentence in them that is not the dump's. */
function englishTexts(texts: readonly string[], report: CrashReport): string[] {
  const known = dataTexts(report).join('\n');
  return texts.filter((text) => {
    const own = text
      .split(/[:\uff1a(\uff08)\uff09,\uff0c;\uff1b[\]\u3002"\u201c\u201d]+|\s{2,}/)
      .map((part) => part.trim());
    return own.some(
      (part) => SENTENCE.test(part) && !known.includes(part) && !TERMS.some((term) => part.includes(term)),
    );
  });
}

/** The numbers of a text; a date is written in the way of the language. */
function numbers(texts: readonly string[]): string[] {
  const joined = texts.filter((t) => !/\d\d:\d\d:\d\d/.test(t)).join('\n');
  return (joined.match(/\d+(?:\.\d+)?/g) ?? []).sort();
}

/** What a page shows, apart from code. */
function pageTexts(page: string): string[] {
  return page
    .replaceAll(/<(script|style|pre|code|title)\b[\s\S]*?<\/\1>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&')
    .split(/<[^<>]*>/);
}

function check(name: string, report: CrashReport): void {
  const read = (language: 'en' | 'zh') =>
    [...crashReportBlocks(report, language)].map((block) => ({ kind: block.kind, block, texts: blockTexts(block) }));
  const zh = read('zh');
  const en = read('en');
  assert.deepEqual(
    englishTexts(
      zh.flatMap((b) => b.texts),
      report,
    ),
    [],
    name,
  );
  assert.equal(zh.length, en.length, name);
  for (const [i, { kind, block, texts }] of zh.entries()) {
    assert.equal(kind, en[i]?.kind);
    if (block.kind === 'heading') assert.match(block.text, CHINESE);
    if (block.kind === 'facts') for (const [fact] of block.facts) assert.match(fact, CHINESE);
    assert.deepEqual(numbers(texts), numbers(en[i]?.texts ?? []), `${name}: ${texts[0]}`);
  }
  assert.deepEqual(englishTexts(pageTexts(renderHtml(report, 'zh')), report), [], `${name}, HTML`);
}

for (const name of SAMPLES) {
  test(`the report of ${name} in Chinese: nothing left in English, the same numbers`, async () => {
    const dump = await openDump([samplePath(name)]);
    try {
      check(name, makeReport(dump.program));
    } finally {
      dump.close();
    }
  });
}
