import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDump } from '../node/open-dump.ts';
import { FullSession } from '../session/full-session.ts';
import { completer } from './complete.ts';
import { historyPath, loadHistory, saveHistory } from './history.ts';

test('the history is kept in the state directory, for the user alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'inquest-history-'));
  const path = historyPath({ XDG_STATE_HOME: folder });
  assert.equal(path, join(folder, 'inquest', 'history'));
  assert.equal(historyPath({ XDG_STATE_HOME: 'relative' }), join(homedir(), '.local/state/inquest/history'));
  assert.deepEqual(loadHistory(path), []);
  saveHistory(path, ['bt', 'ps']);
  assert.deepEqual(loadHistory(path), ['bt', 'ps']);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(join(folder, 'file'), '');
  saveHistory(join(folder, 'file', 'history'), ['bt']); // cannot be written: costs the history only
  assert.deepEqual(loadHistory(join(folder, 'file', 'history')), []);
  rmSync(folder, { recursive: true });
});

test('completion: commands in the first word and after help, options, members, types and symbols elsewhere', async () => {
  const dump = await openDump([join(import.meta.dirname, '../../samples/amd64-6.1-softirq.vmcore')]);
  try {
    const complete = completer(new FullSession(dump.program));
    assert.deepEqual(complete('dm'), [['dmesg '], 'dm']);
    assert.deepEqual(complete('help mo'), [['mod ', 'mount '], 'mo']);
    assert.deepEqual(complete('sym panic_time'), [['panic_timeout'], 'panic_time']);
    assert.deepEqual(complete('sym '), [[], '']);
    assert.deepEqual(complete('repeat -'), [[], '-']);
    assert.ok(complete('ps -')[0].includes('-k'));
    assert.deepEqual(complete('struct list_he'), [['list_head'], 'list_he']);
    assert.deepEqual(complete('struct task_struct.thread'), [
      ['thread_info', 'thread_pid', 'thread_group', 'thread_node', 'thread'],
      'thread',
    ]);
    assert.deepEqual(complete('p init_task.se.vr'), [['vruntime'], 'vr']);
    assert.deepEqual(complete('px ((struct task_struct *)0xffff888000000000)->mm->pg'), [
      ['pgd', 'pgtables_bytes'],
      'pg',
    ]);
    assert.deepEqual(complete('foreach us'), [['user '], 'us']);
    assert.ok(complete('foreach user ')[0].includes('bt '));
    assert.deepEqual(complete('list -H modules module.lis'), [['list'], 'lis']);
    assert.deepEqual(complete('set rad'), [['radix'], 'rad']);
    assert.deepEqual(complete('p (pani')[1], 'pani');
    assert.deepEqual(complete('p nosuch->x'), [[], 'x']);
  } finally {
    dump.close();
  }
});
