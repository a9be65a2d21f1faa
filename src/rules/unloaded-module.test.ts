import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeCase } from '../../test/build/made-case.ts';
import type { ModuleRecord } from '../kernel/module.ts';
import { unloadedModule } from './unloaded-module.ts';

const module = (name: string): ModuleRecord => ({
  ...{ address: 0xffffffffc0302000n, name, base: 0xffffffffc0300000n, size: 4096, coreSize: 4096, state: 'Live' },
  ...{ usedBy: [], taints: '', memory: [] },
});

function run(address: string, last: string, modules: ModuleRecord[]) {
  const log = [
    `BUG: unable to handle page fault for address: ${address}`,
    '#PF: supervisor instruction fetch in kernel mode',
    `Modules linked in: other(E)${last}`,
  ];
  const frames = [{ symbol: null, pc: BigInt(`0x${address}`), registers: {} }, { symbol: 'calls_timer' }];
  return [...unloadedModule.check(madeCase({ log, frames, modules }))];
}

test('a call to where modules lie, and the module that was removed last', () => {
  const [found] = run('ffffffffc063a581', ' [last unloaded: gone(OE)]', [module('other')]);
  assert.equal(found?.title.en, 'Call to code of a module that was removed, gone');
  assert.match(found?.sentence.en ?? '', /^calls_timer called 0xffffffffc063a581/);
  assert.deepEqual(found?.subject, { module: 'gone', address: '0xffffffffc063a581' });
  assert.equal(found?.evidence[1]?.value, '[last unloaded: gone(OE)]');
});

test('no module was removed, it was loaded again, or the address lies elsewhere', () => {
  assert.deepEqual(run('ffffffffc063a581', '', [module('other')]), []);
  assert.deepEqual(run('ffffffffc063a581', ' [last unloaded: other(E)]', [module('other')]), []);
  assert.deepEqual(run('ffffd1aa406e3f08', ' [last unloaded: gone(OE)]', [module('other')]), []);
});
