import assert from 'node:assert/strict';
import { SCRIPT } from '../../src/report/html/script.ts';

/** Controls that steer a terminal and those that reorder text; newlines and tabs are left out. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this finds
const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
/** The only sequences that are the program's own. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the program's own
const OWN_COLOUR = /^(?:\u001b\[1m([^\n\u001b]*)\u001b\[0m)$/gm;

/** Text that steers no terminal. */
export function assertSafeText(text: string, what: string): void {
  const at = text.search(STEERS);
  assert.equal(at, -1, `${what}: ${JSON.stringify(text.slice(Math.max(0, at - 60), at + 20))}`);
}

/** Text in which whole lines may be bold, and nothing else. */
export function assertSafeColour(text: string, what: string): void {
  assertSafeText(text.replace(OWN_COLOUR, '$1'), what);
}

/** JSON that steers no terminal either, and gives back the same. */
export function assertSafeJson(text: string, data: unknown, what: string): void {
  assertSafeText(text, what);
  assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(data)), what);
}

/** What a reader of Markdown would make a link of without being told to (GitHub's extended autolinks). */
const AUTOLINK = /\b[a-z][a-z0-9+.-]*:\/\/|www\./i;

/** Markdown in which nothing is a tag, an entity, a link or a picture, and whose tables keep their columns. */
export function assertSafeMarkdown(text: string, what: string): void {
  assertSafeText(text, what);
  let fence = '';
  let columns = 0;
  for (const line of text.split('\n')) {
    const run = /^ {0,3}(`{3,})([a-z]*)$/.exec(line);
    if (fence !== '') {
      if (run?.[2] === '' && (run[1] as string).length >= fence.length) fence = '';
      continue;
    }
    if (run) {
      fence = run[1] as string;
      continue;
    }
    const say = `${what}: ${line}`;
    const plain = line.replace(/(?<!\\)((?:\\\\)*)`[^`]*`/g, '$1'); // code spans
    assert.doesNotMatch(plain, /(?<!\\)(?:\\\\)*[<>[\]`~]/, say);
    assert.doesNotMatch(plain.replace(/&(?:lt|gt|amp|#47|#46);/g, ''), /(?<!\\)(?:\\\\)*&/, say);
    assert.doesNotMatch(plain, AUTOLINK, say);
    const bars = line.match(/(?<!\\)(?:\\\\)*\|/g)?.length ?? 0;
    if (columns > 0 || bars > 0) {
      if (columns === 0) columns = bars;
      assert.equal(bars, line === '' ? 0 : columns, say);
      if (line === '') columns = 0;
    }
  }
  assert.equal(fence, '', `${what}: a code block does not end`);
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const VOID = words('meta br');
const TAGS = words(
  'html head meta title style body script a header nav main footer div section article span button ul ol li h1 h2 h3 p b em code pre mark figure figcaption details summary dl dt dd table thead tbody tr th td br svg g defs marker path rect circle text',
);
const ATTRIBUTES = words(
  'lang charset http-equiv content name class id href type hidden tabindex role scope open width height viewbox preserveaspectratio x y x1 x2 y1 y2 cx cy r rx d dx dy fill orient refx refy markerwidth markerheight marker-end text-anchor transform aria-hidden aria-label aria-labelledby aria-pressed data-open data-close data-copy',
);
const TAG = /^<(\/?)([a-z][a-z0-9]*)((?: [a-z][a-z0-9-]*(?:="[^"<>]*")?)*)(\/?)>/i;

/** HTML in which every element and attribute is one of the program's own, every text is escaped and nothing leads out. */
export function assertSafeHtml(page: string, what: string): void {
  assertSafeText(page, what);
  assert.match(page, /^<!doctype html>\n/);
  const open: string[] = [];
  let scripts = 0;
  for (let at = '<!doctype html>'.length; at < page.length; ) {
    const next = page.indexOf('<', at);
    const end = next < 0 ? page.length : next;
    const around = `${what}: ${page.slice(Math.max(0, end - 80), end + 120)}`;
    assert.doesNotMatch(page.slice(at, end), />|&(?!(?:amp|lt|gt|quot|#39);)/, around);
    if (next < 0) break;
    const tag = TAG.exec(page.slice(next, next + 0x8000));
    assert.ok(tag, around);
    const [all, closes, name = '', attributes = '', selfClosed] = tag;
    assert.ok(TAGS.has(name), around);
    at = next + all.length;
    if (closes) {
      assert.equal(open.pop(), name, around);
      continue;
    }
    for (const [, key = '', value = ''] of attributes.matchAll(/ ([a-z][a-z0-9-]*)(?:="([^"]*)")?/gi)) {
      assert.ok(ATTRIBUTES.has(key.toLowerCase()), `${key} in ${around}`);
      assert.doesNotMatch(value, /&(?!(?:amp|lt|gt|quot|#39);)/, around);
      if (key === 'href') assert.match(value, /^#[\w.-]+$/, around);
    }
    if (name === 'script' || name === 'style') {
      const close = page.indexOf(`</${name}>`, at);
      if (name === 'script') assert.equal(page.slice(at, close), SCRIPT, around);
      scripts++;
      at = close + name.length + 3;
    } else if (!selfClosed && !VOID.has(name)) open.push(name);
  }
  assert.deepEqual(open, [], what);
  assert.equal(scripts, 2, `${what}: one script and one style sheet`);
}
