import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../commands/index.ts';
import type { Session } from '../session/session.ts';
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

test('completion: commands in the first word and after help, symbols elsewhere', () => {
  const names = ['panic', 'panic_print', 'do_exit', 'panic'];
  const session = { commands, program: { symbols: () => names.map((name) => ({ name })) } } as unknown as Session;
  const complete = completer(session);
  assert.deepEqual(complete('dm'), [['dmesg '], 'dm']);
  assert.deepEqual(complete('help mo'), [['mod ', 'mount '], 'mo']);
  assert.deepEqual(complete('sym pan'), [['panic', 'panic_print'], 'pan']);
  assert.deepEqual(complete('sym '), [[], '']);
  assert.deepEqual(complete('bt -'), [[], '-']);
});
