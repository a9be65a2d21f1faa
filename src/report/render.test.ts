import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Block } from './block.ts';
import { escapeMarkdown, renderMarkdown } from './render-markdown.ts';
import { renderText } from './render-text.ts';
import type { FrameData } from './stack-data.ts';

/** What a hostile kernel memory may hold where a name is expected. */
const HOSTILE = 'a\u001b[2Jb\u001b]0;x\u0007\r\nc\u202e\u009b31m|`<b>[x](y)';

const frame: FrameData = {
  pc: '0xffffffff82000010',
  symbol: HOSTILE,
  offset: 16,
  size: 32,
  module: HOSTILE,
  inlined: false,
  file: HOSTILE,
  line: 1,
  column: null,
  trust: 'orc',
  stack: HOSTILE,
  sp: '0xffffd49280013c70',
  interrupted: false,
};

const blocks: Block[] = [
  { kind: 'heading', text: HOSTILE },
  { kind: 'text', text: HOSTILE },
  { kind: 'lines', lines: [HOSTILE, '``` <script>'] },
  { kind: 'list', items: [HOSTILE], commands: [HOSTILE] },
  { kind: 'facts', facts: [[HOSTILE, HOSTILE]], width: 4 },
  { kind: 'table', columns: [{ title: HOSTILE, align: 'left' }], rows: [[HOSTILE]] },
  {
    kind: 'stack',
    stack: {
      pid: 1,
      comm: HOSTILE,
      task: '0xffff888000000000',
      cpu: 0,
      frames: [frame, { ...frame, stack: 'other' }],
      stopped: HOSTILE,
    },
    style: { lines: true, offsets: 'of-size' },
  },
];

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come out
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

test('text lets no control character of the dump through', () => {
  const text = [...renderText(blocks)].join('');
  assert.doesNotMatch(text, CONTROL);
  assert.ok(text.includes('\\x1b[2J'));
  for (const piece of renderText(blocks)) assert.ok(piece.endsWith('\n'));
});

test('every line entry, cell and name stays one line', () => {
  for (const block of blocks.filter((b) => b.kind === 'lines')) {
    assert.equal([...renderText([block])].join('').split('\n').length, 3);
  }
  const stack = [...renderText(blocks.slice(-1))].join('').trimEnd().split('\n');
  assert.equal(stack.length, 7); // task, frame, file, separator, frame, file, stopped
});

test('markdown lets nothing of the dump become markup', () => {
  const text = [...renderMarkdown(blocks)].join('');
  assert.doesNotMatch(text, CONTROL);
  const fences = text.split('\n').filter((l) => /^`{3,}(?:text)?$/.test(l));
  assert.ok(fences.includes('````text'), 'the fence is longer than the backticks inside');
  const outside = text.replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '');
  assert.doesNotMatch(outside, /<b>/);
  assert.match(outside, /&lt;b&gt;\\\[x\\\]\(y\)/);
});

test('markdown escapes what begins a list, a heading, an underline or a link', () => {
  assert.equal(escapeMarkdown('- x'), '\\- x');
  assert.equal(escapeMarkdown('1. x'), '1\\. x');
  assert.equal(escapeMarkdown('# x'), '\\# x');
  assert.equal(escapeMarkdown('a\n==='), 'a\n\\===');
  assert.equal(escapeMarkdown('http://x'), 'http:&#47;&#47;x');
  assert.equal(escapeMarkdown('HTTPS://x ftp://y'), 'HTTPS:&#47;&#47;x ftp:&#47;&#47;y');
  assert.equal(escapeMarkdown('_www.x.y'), '\\_www&#46;x.y');
  assert.equal(escapeMarkdown('a\n===  '), 'a\n\\===  ');
  assert.equal(escapeMarkdown('__schedule'), '\\_\\_schedule');
});

test('tables: columns as wide as their widest value, fixed ones push', () => {
  const block: Block = {
    kind: 'table',
    columns: [
      { title: 'A', align: 'left', titleAlign: 'center', width: 5 },
      { title: 'B', align: 'left', width: 3, fixed: true, gap: 1 },
      { title: 'C', align: 'right' },
    ],
    rows: [
      ['x', 'long-value', 1],
      ['yyyyyyy', 'b', 22],
    ],
  };
  assert.equal([...renderText([block])].join(''), '   A    B     C\nx       long-value   1\nyyyyyyy b    22\n');
});

test('headings are bold only when colour is asked for', () => {
  const heading: Block = { kind: 'heading', text: 'x' };
  assert.deepEqual([...renderText([heading])], ['x\n']);
  assert.deepEqual([...renderText([heading], { colour: true })], ['\u001b[1mx\u001b[0m\n']);
});
