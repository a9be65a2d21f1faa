import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSample } from '../../test/build/sample-dump.ts';
import { openProgram } from '../open.ts';
import { loadedModules } from './module-list.ts';

test('members that a damaged type puts outside of struct module are an error, and no exception', () => {
  const { image, close } = openSample('amd64-6.1-softirq');
  assert.ok(loadedModules(openProgram(image)).length > 0);
  const prog = openProgram(image);
  const offset = prog.offset.bind(prog);
  prog.offset = (type, ...names) => (names[0]?.endsWith('.base') ? 1_000_000 : offset(type, ...names));
  assert.deepEqual(loadedModules(prog), []);
  assert.ok(prog.problems().some((p) => p.what === 'list of modules' && /do not fit/.test(p.why)));
  close();
});
