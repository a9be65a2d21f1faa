import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { madeCase } from '../../test/build/made-case.ts';
import type { Finding } from '../report/finding.ts';
import { skbPanic } from './skb-panic.ts';

const TEXT = 0xffffffff81000400n;

function check(line: string, symbol: string | null = 'skb_panic'): Finding[] {
  const memory = new KernelMemory();
  memory.kernel.symbol('builds_frame', TEXT, 0x80, 't', 'm');
  const frames = [{ symbol, registers: {} }, { symbol: 'skb_put' }];
  return [...skbPanic.check(madeCase({ memory, frames, log: [line, 'kernel BUG at net/core/skbuff.c:209!'] }))];
}

const OVER = `skbuff: skb_over_panic: text:${(TEXT + 0x20n).toString(16)} len:4000 put:3900 head:ffff888001974280 data:ffff888001974280 tail:0xfa0 end:0x140 dev:eth7`;
const UNDER = `skbuff: skb_under_panic: text:${(TEXT + 0x20n).toString(16)} len:14 put:14 head:ffff888001974280 data:ffff88800197427a tail:0x8 end:0x140 dev:<NULL>`;

test('how much was put into a socket buffer, by whom, and how much room there was', () => {
  const [over] = check(OVER);
  assert.match(
    over?.sentence.en ?? '',
    /^builds_frame \[m\] put 3900 bytes into a socket buffer of eth7 by skb_put\(\), with room for 220 at the end/,
  );
  assert.deepEqual(over?.subject, { function: 'builds_frame', module: 'm' });
  const [under] = check(UNDER);
  assert.match(under?.sentence.en ?? '', /put 14 bytes into a socket buffer by skb_push\(\), with room for 8 in front/);
});

test('numbers that cannot be, and a death elsewhere', () => {
  const [odd] = check(OVER.replace('end:0x140', 'end:0xffffffff'));
  assert.match(odd?.sentence.en ?? '', /more than there is room for at the end/);
  assert.deepEqual(check(OVER, 'something_else'), []);
  assert.deepEqual(check('skb_over_panic: text:zz'), []);
});
