import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogLine } from './log-line.ts';
import { LogReader } from './log-reader.ts';
import { readLines } from './read-lines.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const texts = (text: string): string[] => readLines(bytes(text)).map((line) => line.text);

test('lines of other programs in a syslog are no messages', () => {
  const log = [
    'Nov 28 17:58:12 host kernel: [   12.000000] first',
    'Nov 28 17:58:12 host sshd[123]: Accepted publickey',
    'Nov 28 17:58:12 host systemd: [   12.500000] not the kernel',
    'Nov 28 17:58:13 host kernel: [   13.000000] second',
  ];
  assert.deepEqual(texts(log.join('\n')), ['first', 'second']);
  assert.deepEqual(texts('[   12.0] host kernel: first\n[   12.1] host cron[1]: job\n[   12.2] host kernel: second'), [
    'first',
    'second',
  ]);
});

test('text of the kernel that looks like a prefix is left alone', () => {
  for (const text of [
    '[00000000000000d0] pgd=000000014eba4003, pud=0000000000000000',
    '[<ffffffff82d4e304>] __memset+0x24/0x30',
    ' [<ffffffff82d4e304>] ? __memset+0x24/0x30',
    ' <TASK>',
    '</IRQ>',
    '[drm:drm_atomic] *ERROR* flip_done timed out',
    '[  123]     0   123     4096      512    65536        0             0 systemd',
    'kern: a word',
    '-> #1 (sb_writers){.+.+}:',
    '0-0: text',
    '1,2,3: text',
  ]) {
    assert.deepEqual(texts(`[    1.000000] ${text}\n`), [text]);
    assert.deepEqual(texts(`${text}\n`), [text]);
  }
});

test('fragments of one message are joined, old kernels and new ones', () => {
  assert.deepEqual(texts('4,1,1000000,c;one \n4,2,1000001,+;two \n4,3,1000002,+;three\n4,4,1000003,-;next\n'), [
    'one two three',
    'next',
  ]);
  assert.deepEqual(texts('4,1,1000000,-;one \n4,2,1000001,c;two\n4,4,1000003,-;next\n'), ['one two', 'next']);
});

test('two messages in one line, with levels and callers', () => {
  const lines = readLines(bytes('<4>[    1.000000][   T12] first<6>[    2.000000][    C3] second\n'));
  assert.deepEqual(lines, [
    { number: 1, text: 'first', seconds: 1, caller: 'T12', level: 4 },
    { number: 1, text: 'second', seconds: 2, caller: 'C3', level: 6 },
  ]);
  assert.deepEqual(texts('BdsDxe: starting Boot0001[    0.000000] Linux version 6.1\n'), [
    'BdsDxe: starting Boot0001',
    'Linux version 6.1',
  ]);
});

test('a list of modules that was wrapped is one line again, whatever the width', () => {
  const wide = `[    1.000000] Modules linked in: ${'module_a module_bc '.repeat(11)}netf`;
  const log = `${wide}\nilter_x(O) last [last unloaded: old]\n[    2.000000] next\n`;
  const [first, second] = readLines(bytes(log));
  assert.match(first?.text ?? '', /module_bc netfilter_x\(O\) last \[last unloaded: old\]$/);
  assert.equal(second?.text, 'next');
  assert.deepEqual(texts('[    1.000000] Modules linked in: a b\nexecuting program 0:\n').length, 2);
});

test('who wants nothing is given nothing, and everything is counted', () => {
  const given: LogLine[] = [];
  let asked = 0;
  const reader = new LogReader({
    push: (line) => given.push(line),
    mayMatter: (text) => {
      asked++;
      return text.startsWith('BUG');
    },
    open: false,
  });
  for (let i = 0; i < 1000; i++) reader.push(bytes(`[ ${i}.000000] eth${i}: link is up\n`));
  reader.push(bytes('[ 2000.000000] BUG: broken\n'));
  reader.end();
  assert.deepEqual(
    given.map((line) => [line.number, line.text]),
    [[1001, 'BUG: broken']],
  );
  assert.equal(asked, 2, 'once a template');
  const { statistics } = reader;
  assert.equal(statistics.messages, 1001);
  assert.equal(statistics.templates.loudest(1, 2, true)[0]?.count, 1000);
  assert.deepEqual(statistics.gaps.longest(1, 9999), [{ from: 999, to: 2000, line: 1001 }]);
  assert.deepEqual(statistics.gaps.longest(1, 1000), []);
});

test('a line without end is given in pieces', () => {
  const lines = readLines(new Uint8Array(200_000).fill(0x41));
  assert.equal(lines.length, 4);
  assert.ok(lines.every((line) => line.text.length <= 0x10000));
});
