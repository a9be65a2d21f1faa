import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../base/errors.ts';
import { parseArguments } from './arguments.ts';

test('dumps, commands and scripts in the order given', () => {
  assert.deepEqual(parseArguments(['a', '-c', 'ps', 'b', '-i', 'x', '--command=bt -a', '--json']), {
    kind: 'commands',
    files: ['a', 'b'],
    steps: [{ line: 'ps' }, { file: 'x' }, { line: 'bt -a' }],
    json: true,
  });
  assert.deepEqual(parseArguments(['a', '-cps']), {
    kind: 'commands',
    files: ['a'],
    steps: [{ line: 'ps' }],
    json: false,
  });
  assert.deepEqual(parseArguments(['--', '-a']), { kind: 'prompt', files: ['-a'] });
});

test('the report', () => {
  assert.deepEqual(parseArguments(['report', 'a', '--format', 'md', '-o', 'x']), {
    kind: 'report',
    files: ['a'],
    format: 'md',
    out: 'x',
  });
  assert.deepEqual(parseArguments(['report', 'a', '--json']), { kind: 'report', files: ['a'], format: 'json' });
});

test('what makes no sense is a usage error', () => {
  for (const argv of [
    [],
    ['report'],
    ['--frob', 'a'],
    ['-x', 'a'],
    ['a', '-c'],
    ['a', '--json'],
    ['a', '--json=1', '-c', 'ps'],
    ['a', '-c', 'ps', '--format', 'md'],
    ['report', 'a', '--format', 'pdf'],
    ['report', 'a', '-c', 'ps'],
  ]) {
    assert.throws(() => parseArguments(argv), UsageError, argv.join(' '));
  }
  assert.deepEqual(parseArguments(['--help']), { kind: 'help' });
  assert.deepEqual(parseArguments(['fixes', '--help']), { kind: 'help', topic: 'fixes' });
  assert.deepEqual(parseArguments(['vmcore', '--help']), { kind: 'help' });
  assert.deepEqual(parseArguments(['-V']), { kind: 'version' });
});
