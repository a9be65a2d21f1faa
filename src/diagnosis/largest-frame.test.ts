import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MadeFrame, madeCase } from '../../test/build/made-case.ts';
import { stackOverflow } from '../rules/stack-overflow.ts';
import { largestFrame } from './largest-frame.ts';

const BASE = 0xffffc90000004000n;
const frames: MadeFrame[] = [
  { symbol: 'memset', sp: BASE },
  { symbol: 'prints_map', module: 'm', sp: BASE + 0x20n },
  { symbol: 'starts', module: 'm', sp: BASE + 0x3020n },
  { symbol: 'entry', sp: BASE + 0x3080n },
];

test('the frame that takes most of a stack', () => {
  const { stack } = madeCase({ frames });
  const found = largestFrame(stack?.frames ?? [], 0, 0x4000);
  assert.deepEqual([found?.frame.symbol, found?.bytes, found?.end], ['prints_map', 0x3000, BASE + 0x3020n]);
  assert.equal(largestFrame(stack?.frames.slice(0, 1) ?? [], 0, 0x4000), undefined);
});

test('it is told of a stack that overflowed without recursion, and only where it is large', () => {
  const log = ['BUG: TASK stack guard page was hit at 0000000011aa4613 (stack is 00000000ebd77e49..00000000dc9dcc7b)'];
  const [finding] = stackOverflow.check(madeCase({ log, frames }));
  assert.match(
    finding?.sentence.en ?? '',
    /^prints_map \[m\] alone takes 12288 bytes of the kernel stack of the task, which has 16384: .*, and memset found none left/,
  );
  assert.equal(finding?.subject?.function, 'prints_map');
  const small = frames.map((f, i) => ({ ...f, sp: BASE + BigInt(0x80 * i) }));
  const [other] = stackOverflow.check(madeCase({ log, frames: small }));
  assert.match(other?.sentence.en ?? '', /^memset used up the kernel stack/);
});
