import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { jsonText } from '../src/base/json-text.ts';
import { printableLine } from '../src/base/text.ts';
import { completer } from '../src/cli/complete.ts';
import { compareReports } from '../src/diagnosis/compare/compare-reports.ts';
import { openProgram } from '../src/open.ts';
import type { DumpImage } from '../src/program/ports.ts';
import type { Block } from '../src/report/block.ts';
import { comparisonBlocks } from '../src/report/comparison-blocks.ts';
import type { CrashReport } from '../src/report/crash-report.ts';
import { crashReportBlocks } from '../src/report/crash-report-blocks.ts';
import { blocksPage } from '../src/report/html/blocks-html.ts';
import { renderHtml } from '../src/report/html/render-html.ts';
import { logReportBlocks } from '../src/report/log-report-blocks.ts';
import { redactReport } from '../src/report/redact/redact-report.ts';
import { renderMarkdown } from '../src/report/render-markdown.ts';
import { renderText } from '../src/report/render-text.ts';
import { FullSession } from '../src/session/full-session.ts';
import { jsonDocument } from '../src/session/json.ts';
import { LogEngine } from '../src/session/log-engine.ts';
import { makeReport } from '../src/session/make-report.ts';
import { hostileReport } from './build/hostile-report.ts';
import { patchedMemory } from './build/patched-memory.ts';
import {
  assertSafeColour,
  assertSafeHtml,
  assertSafeJson,
  assertSafeMarkdown,
  assertSafeText,
} from './build/safe-output.ts';
import { openSample, SAMPLES } from './build/sample-dump.ts';
import { commandLines } from './fuzz/command-lines.ts';
import { hostileStrings } from './fuzz/hostile-strings.ts';

/**
 * Hostile text in every place from which a dump or a log brings text, and every form of answer: nothing steers a terminal,
 * nothing becomes markup, a link or a script. (`escaping.test.ts` has names that the usual commands show.)
 */
const PAGE = 4096;
/** These read all of memory, or list all symbols. */
const LONG = ['kmem -p', 'sym -l', 'search -k deadbeef', 'foreach task -x', 'timer', 'foreach sig'];
const LINES = [
  ...commandLines.filter((line) => !LONG.includes(line)),
  ...['sym -q vp_<b>', 'whatis -r 128', 'mod -t', 'help mount', 'ps -a', 'log -t'],
];
/** Names in the samples' memory, each padded with zeros to the room that its field has, and what is put there. */
const PLANTED: readonly (readonly [what: string, name: string, room: number, hostile: string])[] = [
  ['host name', 'lab', 16, '<i>\u001b[31m\u009b1m|`'],
  ['net device', 'eth0', 16, '"><b x=\u001b]0;y\u0007'],
  ['device of a mount', '/dev/vda', 9, '\u009b31m<u>`'],
  ['disk', 'vda', 16, '](javascript:a)'],
  ['comm of init', 'init', 16, '<script>\u202e\r\n#x'],
  ['slab cache', 'request_sock_TCPv6', 19, '`|![](http://www.x)'],
  ['module', 'virtio_pci_modern_dev', 22, '</script><img src=x//'],
  ['type of a file system', 'cgroup2', 8, '\u001b[2J<b>'],
  ['type and device of a mount', 'devtmpfs', 9, '&lt;\r\b<i>'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: hostile
  ['path', 'debugfs', 8, '${x}`<b'],
  ['type in BTF', 'kernfs_node', 12, '\u001b[1m</pre>'],
  ['kernel version', '#1 SMP', 6, '# <b>`'],
  ['sections and arguments', 'busybox', 7, '\u009b3m\r<&'],
  ['log', 'Hardware name', 13, '\u001b]0;x\u0007](j:a)`'],
  ['symbol of a module', 'vp_modern_get_status', 21, 'vp_<b>\u001b[2J\u009b1m|`'],
  ['function in the log', 'rcu_do_batch', 12, '\u200f\u2066\u061c<i>\b'],
];

function padded(text: string, room: number): Buffer {
  return Buffer.concat([Buffer.from(text), Buffer.alloc(Math.max(0, room - Buffer.byteLength(text)))]);
}

function planted(image: DumpImage): { image: DumpImage; missing: string[] } {
  const pages = new Map<number, Uint8Array>();
  const missing = new Set(PLANTED.map(([what]) => what));
  const pairs = PLANTED.map(([what, name, room, text]) => ({
    what,
    old: padded(name, room),
    text: padded(text, room).subarray(0, room),
  }));
  for (const { start, end } of image.memory.ranges()) {
    for (let at = start; at < end; at += PAGE) {
      const chunk = image.memory.chunk(at);
      if (typeof chunk === 'string') continue;
      const page = Buffer.from(chunk.bytes.slice(at - chunk.start, at - chunk.start + PAGE));
      for (const { what, old, text } of pairs) {
        for (let i = page.indexOf(old); i >= 0; i = page.indexOf(old, i + 1)) {
          text.copy(page, i);
          missing.delete(what);
          pages.set(at / PAGE, new Uint8Array(page.buffer, page.byteOffset, PAGE));
        }
      }
    }
  }
  const vmcoreinfo = image.vmcoreinfo?.replace(/^OSRELEASE=.*$/m, (line) => `${line}<b>\u001b[2J|\u009b1m\`[x](y)`);
  const memory = patchedMemory(image.memory, pages);
  return { image: { ...image, memory, ...(vmcoreinfo !== undefined && { vmcoreinfo }) }, missing: [...missing] };
}

function assertBlocksSafe(blocks: readonly Block[], what: string): string {
  const text = [...renderText(blocks)].join('');
  assertSafeText(text, what);
  assertSafeColour([...renderText(blocks, { colour: true })].join(''), `${what}, colour`);
  assertSafeMarkdown([...renderMarkdown(blocks)].join(''), `${what}, Markdown`);
  assertSafeHtml(blocksPage(blocks, 'en'), `${what}, HTML`);
  return text;
}

function assertReportSafe(report: CrashReport, what: string): void {
  assertSafeJson(jsonText(report, 2), report, `${what}, JSON`);
  for (const language of ['en', 'zh'] as const) {
    assertBlocksSafe([...crashReportBlocks(report, language)], `${what}, ${language}`);
    assertSafeHtml(renderHtml(report, language), `${what}, ${language}, HTML`);
  }
}

for (const name of SAMPLES) {
  const { image, close } = openSample(name);
  after(close);
  const { image: hostile, missing } = planted(image);
  const prog = openProgram(hostile);

  test(`${name}: what commands answer is safe in every form`, () => {
    assert.deepEqual(missing, []);
    const session = new FullSession(prog, { dumpNames: ['dump\u001b[2J<b>'] });
    let all = '';
    let answers = 0;
    for (const line of LINES) {
      try {
        const answer = session.run(line);
        if (!answer) continue;
        answers++;
        const json = jsonDocument([{ line, data: answer.data }]);
        assertSafeJson(jsonText(json), json, `${line}, JSON`);
        const blocks = [...answer.blocks].map(solid);
        all += blocks.some(isLarge) ? assertTextSafe(blocks, line) : assertBlocksSafe(blocks, line);
      } catch (e) {
        assert.equal(
          (e as Error).name.replace('BadDataError', 'AnalysisError'),
          'AnalysisError',
          `${line}: ${(e as Error).stack}`,
        );
        assertSafeText(printableLine((e as Error).message), line);
      }
    }
    assert.ok(answers > LINES.length * 0.7, `${answers} answers`);
    for (const [what, , room, text] of PLANTED) {
      const shown = printableLine(new TextDecoder().decode(padded(text, room).subarray(0, room)).replace(/\0.*$/, ''));
      assert.ok(all.includes(shown), `${what} is shown, escaped: ${shown}`);
    }
  });

  test(`${name}: the report is safe in every form`, () => {
    const report = makeReport(prog, { locals: true });
    assertReportSafe(report, 'report');
    assertReportSafe(redactReport(report, { all: true }), 'redacted');
  });

  test(`${name}: what completion offers steers no terminal`, () => {
    const complete = completer(new FullSession(prog));
    for (const line of ['sym \u200f', 'struct \u001b', 'struct ', 'sym r', 'help ', 'whatis k']) {
      for (const word of complete(line)[0]) assertSafeText(word, line);
    }
  });
}

/** A block whose lazy parts have been made, since several forms are made of it. */
function solid(block: Block): Block {
  if (block.kind === 'table') return { ...block, rows: [...block.rows] };
  return block.kind === 'lines' ? { ...block, lines: [...block.lines] } : block;
}

const isLarge = (block: Block): boolean =>
  (block.kind === 'lines' && (block.lines as string[]).length > 3000) ||
  (block.kind === 'table' && (block.rows as unknown[]).length > 3000);

function assertTextSafe(blocks: readonly Block[], what: string): string {
  const text = [...renderText(blocks)].join('');
  assertSafeText(text, what);
  return text;
}

test('a report in which every text is hostile is safe in every form', () => {
  const report = hostileReport();
  assertReportSafe(report, 'hostile');
  assertReportSafe(redactReport(report), 'hostile, redacted');
});

test('a comparison of hostile reports is safe in every form', () => {
  for (const redact of [false, true]) {
    const report = redact ? redactReport(hostileReport(), { all: true }) : hostileReport();
    const data = compareReports([
      { name: '<b>\u001b[2J|`', report },
      { name: '[x](http://y)', report },
    ]);
    assertSafeJson(jsonText(data, 2), data, 'comparison, JSON');
    for (const language of ['en', 'zh'] as const) {
      assertBlocksSafe([...comparisonBlocks(data, language)], `comparison, ${language}`);
    }
  }
});

test('a log in which every word is hostile is explained safely', () => {
  const lines = [
    'BUG: unable to handle page fault for address: ffff888004242420',
    '#PF: supervisor write access in kernel mode',
    'Oops: 0002 [#1] PREEMPT SMP NOPTI',
    'CPU: 1 PID: 153 Comm: @ Tainted: G        W  O       6.1.0@ #1 @',
    'Hardware name: @, BIOS @ 01/01/2026',
    'RIP: 0010:do_@thing+0x10/0x40 [@mod]',
    'Code: @ 48 89 <c7> 00',
    'Call Trace:',
    ' <TASK>',
    ' other_@+0x1/0x2 [@]',
    ' </TASK>',
    'Modules linked in: a@(O) @b [last unloaded: @]',
    'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task=@,pid=9,uid=0',
    'Out of memory: Killed process 9 (@) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:0',
    'Kernel panic - not syncing: @',
  ];
  for (const hostile of hostileStrings) {
    const parts = lines.flatMap((line) => [
      ...`[   12.345678] ${line}`
        .split('@')
        .flatMap((part, i) => (i > 0 ? [hostile, Buffer.from(part)] : [Buffer.from(part)])),
      Buffer.from('\n'),
    ]);
    const engine = new LogEngine();
    engine.push(new Uint8Array(Buffer.concat(parts)));
    const report = engine.end({ files: ['log\u001b[2J'] });
    assert.ok(report.reports.length > 0);
    const what = JSON.stringify(Buffer.from(hostile).toString('latin1'));
    assertSafeJson(jsonText(report, 2), report, what);
    assertBlocksSafe([...logReportBlocks(report, true)], what);
  }
});

test('the checks themselves find what they are for', () => {
  const page = blocksPage([{ kind: 'heading', text: 'x' }], 'en');
  for (const bad of [
    '<img src=x>',
    '<b onclick="x">y</b>',
    '<b>',
    '</div>',
    '&lt',
    '<script>x</script>',
    '\u009b',
    '<a href="//x">y</a>',
  ]) {
    assert.throws(() => assertSafeHtml(page.replace('<footer>', `${bad}<footer>`), ''), assert.AssertionError, bad);
  }
  for (const bad of [
    '<b>',
    '[x](y)',
    '![x](y)',
    'http://x',
    'WWW.x.y',
    '&lt',
    '`x',
    '| a | b |\n| c |\n',
    '```text\nx',
    '\u202e',
  ]) {
    assert.throws(() => assertSafeMarkdown(bad, ''), assert.AssertionError, bad);
  }
  assert.throws(() => assertSafeColour('x\u001b[1my\u001b[0m', ''), assert.AssertionError);
  assert.throws(() => assertSafeJson('"\u009b"', '\u009b', ''), assert.AssertionError);
});
