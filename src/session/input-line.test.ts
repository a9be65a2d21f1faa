import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NotFoundError } from '../base/errors.ts';
import { Aliases } from './aliases.ts';
import { parseInput } from './input-line.ts';
import { LineHistory } from './line-history.ts';

test('pipes, redirections, shell commands and files', () => {
  const command = (line: string) => ({ kind: 'command', command: line });
  assert.deepEqual(parseInput(' ps -u '), command('ps -u'));
  assert.deepEqual(parseInput('ps | grep x | wc'), { ...command('ps'), pipe: 'grep x | wc' });
  assert.deepEqual(parseInput('bt | json'), { ...command('bt'), json: true });
  assert.deepEqual(parseInput('bt | json | jq .frames'), { ...command('bt'), json: true, pipe: 'jq .frames' });
  assert.deepEqual(parseInput('bt | json >> f'), {
    ...command('bt'),
    json: true,
    redirect: { file: 'f', append: true },
  });
  assert.deepEqual(parseInput('bt > "a b"'), { ...command('bt'), redirect: { file: 'a b', append: false } });
  assert.deepEqual(parseInput('bt >> f'), { ...command('bt'), redirect: { file: 'f', append: true } });
  assert.deepEqual(parseInput('!ls -l'), { kind: 'shell', command: 'ls -l' });
  assert.deepEqual(parseInput('< file'), { kind: 'file', file: 'file' });
});

test('signs of expressions are none of ours', () => {
  for (const line of [
    'p (a | b)',
    'eval (1 >> 4)',
    'p task->comm',
    'p a->b->c',
    `search -c "a | b > c"`,
    `foreach 'a|b' ps`,
    `foreach a\\|b ps`,
  ]) {
    assert.deepEqual(parseInput(line), { kind: 'command', command: line });
  }
});

test('aliases: built in, set, removed, expanded once', () => {
  const aliases = new Aliases();
  assert.equal(aliases.list.length, 15);
  assert.equal(aliases.expand('px jiffies'), 'p -x jiffies');
  aliases.set('p', 'px $&', 'runtime');
  assert.equal(aliases.expand(' p 1'), ' px $& 1');
  aliases.set('p', '', 'runtime');
  assert.equal(aliases.expand('p 1'), 'p 1');
});

test('the history recalls lines', () => {
  const history = new LineHistory();
  assert.throws(() => history.recalled('r'), NotFoundError);
  for (const line of ['ps', ' bt 1 ', '', 'sys']) history.add(line);
  assert.deepEqual(history.listing(), ['[1] ps', '[2] bt 1', '[3] sys']);
  assert.equal(history.recalled('r'), 'sys');
  assert.equal(history.recalled('r 2'), 'bt 1');
  assert.equal(history.recalled('r p'), 'ps');
  assert.equal(history.recalled('rd 1'), undefined);
  assert.throws(() => history.recalled('r 9'), NotFoundError);
  for (let i = 0; i < 3000; i++) history.add(`p ${i}`);
  assert.equal(history.lines.length, 2000);
  assert.equal(history.recalled('r 3003'), 'p 2999');
});
