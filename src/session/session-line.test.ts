import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../base/errors.ts';
import { nearestName } from './nearest-name.ts';
import { splitLine } from './split-line.ts';

test('words, quotes, backslashes and comments', () => {
  assert.deepEqual(splitLine('  bt -a  1 '), ['bt', '-a', '1']);
  assert.deepEqual(splitLine(`ps 'Isolated Web' "a\\"b" x''y`), ['ps', 'Isolated Web', 'a"b', 'xy']);
  assert.deepEqual(splitLine('ps a\\ b'), ['ps', 'a b']);
  assert.deepEqual(splitLine('# only a comment'), []);
  assert.deepEqual(splitLine('bt # why'), ['bt']);
  assert.deepEqual(splitLine("sym ''"), ['sym', '']);
  assert.throws(() => splitLine("ps 'open"), UsageError);
  assert.deepEqual(splitLine(`rd (linux_banner + 8) 2`), ['rd', '(linux_banner + 8)', '2']);
  assert.deepEqual(splitLine(`foreach if ((a)[0] == ')' && b) ps`), ['foreach', 'if', `((a)[0] == ')' && b)`, 'ps']);
  assert.deepEqual(splitLine('ps (sd-pam x'), ['ps', '(sd-pam', 'x']);
});

test('a misspelt command finds the name that was meant', () => {
  const names = ['bt', 'exit', 'help', 'log', 'mod', 'mount', 'ps', 'set', 'sym', 'sys', 'dmesg', 'lsmod'];
  assert.equal(nearestName('mout', names), 'mount');
  assert.equal(nearestName('dmseg', names), 'dmesg');
  assert.equal(nearestName('hlep', names), 'help');
  assert.equal(nearestName('moun', names), 'mount');
  assert.equal(nearestName('zzzzzz', names), undefined);
});
