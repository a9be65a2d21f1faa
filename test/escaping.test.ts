import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openProgram } from '../src/open.ts';
import type { DumpImage } from '../src/program/ports.ts';
import { crashReportBlocks } from '../src/report/crash-report-blocks.ts';
import { renderMarkdown } from '../src/report/render-markdown.ts';
import { renderText } from '../src/report/render-text.ts';
import { FullSession } from '../src/session/full-session.ts';
import { makeReport } from '../src/session/make-report.ts';
import { patchedMemory } from './build/patched-memory.ts';
import { openSample, SAMPLES } from './build/sample-dump.ts';

/**
 * Text from a dump steers neither a terminal nor a browser: a task's and a module's name, a path and the log hold control
 * sequences, bidirectional controls and tags, each as long as what it replaces.
 */
const PAGE = 4096;
const PLANTED: readonly (readonly [string, Buffer])[] = [
  ['lab-churn', Buffer.from('\u001b[2J\u202e<b')],
  ['labcrash', Buffer.from('<script>')],
  ['busybox', Buffer.from([0x9b, 0x33, 0x31, 0x6d, 0x0d, 0x07, 0x26])],
  ['Hardware name', Buffer.from('\u001b]0;x\u0007](j:a)`')],
  ['rcu_do_batch', Buffer.from('\u200f\u2066\u061c<i>\b')],
];
const LINES = [
  'ps',
  'ps -t',
  'mod',
  'mod -t',
  'mount',
  'files 1',
  'vm 1',
  'log',
  'bt',
  'bt -a',
  'bt -f',
  'foreach bt',
  'sys',
];
const MORE_LINES = [
  'task',
  'set',
  'waits',
  'memory',
  'memory -f',
  'storage',
  'explain',
  'runq',
  'sig',
  'fuser /',
  'net',
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this finds
const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

function planted(image: DumpImage): { image: DumpImage; times: Map<string, number> } {
  const pages = new Map<number, Uint8Array>();
  const times = new Map<string, number>();
  for (const { start, end } of image.memory.ranges()) {
    for (let at = start; at < end; at += PAGE) {
      const chunk = image.memory.chunk(at);
      if (typeof chunk === 'string') continue;
      const page = Buffer.from(chunk.bytes.slice(at - chunk.start, at - chunk.start + PAGE));
      for (const [old, text] of PLANTED) {
        assert.equal(text.length, old.length, old);
        for (let i = page.indexOf(old); i >= 0; i = page.indexOf(old, i + 1)) {
          text.copy(page, i);
          times.set(old, (times.get(old) ?? 0) + 1);
          pages.set(at / PAGE, new Uint8Array(page.buffer, page.byteOffset, PAGE));
        }
      }
    }
  }
  return { image: { ...image, memory: patchedMemory(image.memory, pages) }, times };
}

for (const name of SAMPLES) {
  const { image, close } = openSample(name);
  after(close);

  test(`${name}: what is planted in a dump is escaped everywhere`, () => {
    const { image: hostile, times } = planted(image);
    assert.equal(times.size, PLANTED.length, [...times].join());
    const prog = openProgram(hostile);
    const blocks = [...crashReportBlocks(makeReport(prog))];
    const texts = new Map<string, string>([['report', [...renderText(blocks)].join('')]]);
    const markdown = [...renderMarkdown(blocks)].join('');
    const session = new FullSession(prog, { dumpNames: ['dump'] });
    for (const line of [...LINES, ...MORE_LINES]) {
      try {
        texts.set(line, [...renderText(session.run(line)?.blocks ?? [])].join(''));
      } catch (e) {
        assert.equal((e as Error).name, 'AnalysisError', `${line}: ${(e as Error).stack}`);
      }
    }
    for (const [what, text] of [...texts, ['report --format md', markdown] as const]) {
      const at = text.search(STEERS);
      assert.equal(at, -1, `${what}: ${JSON.stringify(text.slice(Math.max(0, at - 60), at + 20))}`);
    }
    const all = [...texts.values()].join('\n');
    assert.ok(all.includes('\\x1b[2J\\u202e<b'), 'the name of a task is shown, escaped');
    assert.ok(all.includes('<script>'), 'the name of a module is shown');
    assert.ok(all.includes('\\x1b]0;x\\x07'), 'the log is shown, escaped');
    const prose = markdown.replace(/^```[^\n]*\n[\s\S]*?^```$/gm, '').replace(/^ {4}.*$/gm, '');
    assert.doesNotMatch(prose, /<(?:script|b|i)\b/, 'Markdown outside of code blocks holds no tag of the dump');
    assert.doesNotMatch(markdown, /^ {0,3}```.*\n[\s\S]*?^ {0,3}``[^`]/m);
  });
}
