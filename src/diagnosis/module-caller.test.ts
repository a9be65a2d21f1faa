import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeCase } from '../../test/build/made-case.ts';
import type { FaultChain, FaultStep } from '../fault/chain.ts';
import { moduleCaller } from './module-caller.ts';

const TEXT = { en: 'x', zh: 'x' };

function step(name: string, module?: string): FaultStep {
  return {
    ...{ function: name, address: 0xffff800000001000n, place: `${name}+0x4`, instruction: 'bl', what: TEXT },
    ...{ expression: 'x', confidence: 'certain', evidence: [], ...(module !== undefined && { module }) },
  };
}

const chain = (...steps: FaultStep[]): FaultChain => ({
  ...{ kind: 'access', function: 'strlen', expression: '*s', summary: TEXT, pointers: [] },
  strands: [{ steps, stopped: TEXT }],
});
const frames = [{ symbol: 'strlen', registers: {} }, { symbol: 'run_mode', module: 'm' }, { symbol: 'vfs_write' }];

test('who called is the nearest frame of a module, or the one that a function without a frame was called from', () => {
  assert.equal(moduleCaller(madeCase({ frames }))?.symbol, 'run_mode');
  const through = moduleCaller(madeCase({ frames, chain: chain(step('strlen'), step('note_length', 'm')) }));
  assert.deepEqual([through?.symbol, through?.module], ['note_length', 'm']);
  const known = chain(step('strlen'), step('run_mode', 'm'));
  assert.equal(moduleCaller(madeCase({ frames, chain: known }))?.pc, moduleCaller(madeCase({ frames }))?.pc);
  const other = chain(step('memcpy'), step('note_length', 'm'));
  assert.equal(moduleCaller(madeCase({ frames, chain: other }))?.symbol, 'run_mode', 'it explains something else');
  const put = [
    { symbol: '__put_task', registers: {} },
    { symbol: 'forgets', module: 'm' },
  ];
  const copied = chain(step('__put_task'), step('put_task', 'm'), step('forgets', 'm'));
  assert.equal(moduleCaller(madeCase({ frames: put, chain: copied }))?.symbol, 'forgets');
  const inModule = [{ symbol: 'reads', module: 'm', registers: {} }, ...frames];
  assert.equal(moduleCaller(madeCase({ frames: inModule })), undefined);
});
