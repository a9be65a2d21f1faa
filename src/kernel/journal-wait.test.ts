import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitsForJournal } from './journal-wait.ts';

test('functions of the journal, and of nothing else', () => {
  for (const name of ['jbd2_log_wait_commit', 'start_this_handle', 'wait_transaction_locked', 'kjournald2']) {
    assert.equal(waitsForJournal(name), true, name);
  }
  for (const name of ['__wait_on_bit', 'wait_for_completion', undefined, ''])
    assert.equal(waitsForJournal(name), false);
});
