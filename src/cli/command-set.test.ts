import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../commands/index.ts';
import { commandsFor } from './command-set.ts';

test('lines of the first answer need few commands, others all of them', async () => {
  const names = async (...lines: string[]): Promise<string[]> => (await commandsFor(lines)).map((c) => c.name);
  assert.deepEqual(await names('sys', 'ps -m', 'dmesg -T', 'bt 1'), ['bt', 'log', 'mod', 'ps', 'sys']);
  const all = commands.map((c) => c.name);
  for (const line of ['kmem -i', 'ps | grep UN', 'ps > file', '!ls', 'p 1', 'init_task', '<file', 'bt (x)']) {
    assert.deepEqual(await names('sys', line), all, line);
  }
});
