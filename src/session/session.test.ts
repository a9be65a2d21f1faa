import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openDump } from '../node/open-dump.ts';
import { type Command, command } from '../report/command.ts';
import { renderText } from '../report/render-text.ts';
import { FullSession } from './full-session.ts';

const dump = await openDump([join(import.meta.dirname, '../../samples/amd64-6.1-softirq.vmcore')]);
after(() => dump.close());

function text(session: FullSession, line: string): string {
  return [...renderText(session.run(line)?.blocks ?? [])].join('');
}

function named(name: string, run: Command['run'] = () => ({})): Command {
  return command({
    name,
    summary: name,
    description: [],
    args: { expression: true, operands: [{ name: 'word', help: '', many: true }] },
    examples: [],
    schema: { type: 'object' },
    run,
    blocks: () => [],
  });
}

test('a first word that is no command: symbols, expressions, types, types behind an asterisk', () => {
  const session = new FullSession(dump.program);
  assert.equal(session.run('panic_timeout')?.command.name, 'p');
  assert.equal(session.run('list_head')?.command.name, 'struct');
  assert.equal(session.run('* list_head')?.command.name, 'struct');
  assert.equal(session.run('*list_head')?.command.name, 'struct');
  assert.equal(session.run('sigval')?.command.name, 'union');
  assert.equal(session.run('size list_head')?.command.name, 'struct');
  assert.throws(() => session.run('nosuchthing'), /no command 'nosuchthing'/);
});

test('an alias may be followed by words, may have the name of a command, and is told as such', () => {
  const session = new FullSession(dump.program);
  text(session, 'alias k set');
  assert.match(text(session, 'k 1'), /PID: 1\n/);
  assert.match(text(session, 'alias k'), /^runtime {2}k +set$/m);
  text(session, 'alias k ""');
  assert.throws(() => session.run('k 1'), /no command 'k'/);
});

test('a command that runs commands leaves the task alone, and an endless chain of them ends', () => {
  const session = new FullSession(dump.program);
  text(session, 'set 1');
  text(session, 'foreach 2 set');
  assert.match(text(session, 'set'), /PID: 1\n/);
  session.extend('m', [named('again', (context) => context.session?.run(['again']) ?? {})]);
  assert.throws(() => session.run('again'), /commands that run each other/);
});

test('extensions: names that are taken are refused, removed ones are gone', () => {
  const session = new FullSession(dump.program);
  session.extend('m', [named('mine')]);
  assert.ok(session.run('mine'));
  assert.throws(() => session.extend('n', [named('ps')]), /there is a command ps already/);
  session.removeExtension('m');
  assert.throws(() => session.run('mine'), /no command 'mine'/);
  assert.throws(() => session.removeExtension('m'), /no extension m/);
});

test('foreach: kinds, states, names and regular expressions narrow each other', () => {
  const session = new FullSession(dump.program);
  const count = (line: string): number => (JSON.parse(JSON.stringify(session.run(line)?.data)).tasks as []).length;
  const all = count('foreach ps');
  assert.equal(count('foreach kernel ps') + count('foreach user ps'), all);
  assert.ok(count('foreach kernel IN ps') < count('foreach kernel ps'));
  assert.equal(count('foreach active ps'), 2);
  assert.equal(count("foreach '^kworker' user ps"), 0);
  assert.throws(() => session.run('foreach nosuch bt'), /no task nosuch/);
  assert.throws(() => session.run('foreach user'), /needs one of the commands bt/);
  assert.throws(() => session.run('foreach bt -Z'), /no option -Z/);
});
