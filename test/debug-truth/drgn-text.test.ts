import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDrgnFrames } from './drgn-text.ts';

test('inlined functions belong to the call they are in', () => {
  const rows = [
    { pc: '0xffffffff81000010', function: 'inner', inlined: true, variables: [{ name: 'a', bytes: '01' }] },
    { pc: '0xffffffff81000010', function: 'outer', inlined: false, variables: [{ name: 'b', why: 'absent' }] },
    { pc: '0xffffffff81000020', function: 'caller', inlined: false, variables: [] },
  ];
  const calls = parseDrgnFrames(`a warning\n${rows.map((r) => JSON.stringify(r)).join('\n')}\n`);
  assert.deepEqual(
    calls.map((c) => c.functions.map((f) => f.function)),
    [['inner', 'outer'], ['caller']],
  );
  assert.equal(calls[0]?.pc, 0xffffffff81000010n);
  assert.equal(calls[0]?.functions[1]?.variables[0]?.why, 'absent');
});
