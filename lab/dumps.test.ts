import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaint, recipeOf } from './dumps.ts';
import type { Scenario } from './scenarios.ts';

const SCENARIO: Scenario = { name: 'x', kernel: 'amd64-6.1', mode: 'null', expect: /gadget_home/ };
const GOOD = '== begin 1\n== end\nLAB: ready, mode null\nRIP: 0010:gadget_home+0x5/0x20\n';

test('a boot that is not the wanted crash is refused with its reason', () => {
  const say = (text: string, ended: 'reached' | 'timeout' = 'reached'): string | undefined =>
    complaint(SCENARIO, { ended }, text);
  assert.equal(say(GOOD), undefined);
  assert.match(say(GOOD, 'timeout') ?? '', /timeout/);
  assert.match(say(GOOD.replace('== end', '')) ?? '', /before it told its truth/);
  assert.match(say(`${GOOD}LAB: no crash, so sysrq`) ?? '', /noticed nothing/);
  assert.match(say(GOOD.replace('gadget_home', 'other')) ?? '', /nothing like gadget_home/);
});

test('a recipe changes with what the crash must look like', () => {
  assert.equal(recipeOf(SCENARIO), recipeOf({ ...SCENARIO }));
  assert.notEqual(recipeOf(SCENARIO), recipeOf({ ...SCENARIO, expect: /other/ }));
});
