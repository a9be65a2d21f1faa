import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../base/errors.ts';
import { parseAddress, parseArgs, parseCpus, parsePidOrAddress, synopsis } from './args.ts';
import { selectTasks } from './select-tasks.ts';

const spec = {
  name: 'ps',
  args: {
    options: [
      { flag: 'k', help: '' },
      { flag: 'G', help: '' },
      { flag: 'c', value: 'cpus', help: '' },
    ],
    operands: [{ name: 'pid', help: '', many: true as const }],
  },
};

test('options combine, take values in both forms and may stand between operands', () => {
  const args = parseArgs(spec, ['1', '-kG', '-c0-3', '2', '--', '-k']);
  assert.ok(args.has('k') && args.has('G'));
  assert.equal(args.value('c'), '0-3');
  assert.deepEqual(args.operands, ['1', '2', '-k']);
  assert.equal(parseArgs(spec, ['-Gc', '1']).value('c'), '1');
});

test('wrong options and operands are usage errors that show the usage', () => {
  assert.throws(
    () => parseArgs(spec, ['-z']),
    /^AnalysisError: ps: no option -z; usage: ps \[-kG\] \[-c cpus\] \[pid\]\.\.\.$/,
  );
  assert.throws(() => parseArgs(spec, ['-c']), /option -c needs a cpus/);
  assert.throws(() => parseArgs({ name: 'exit', args: {} }, ['now']), UsageError);
  const needs = { name: 'x', args: { operands: [{ name: 'thing', help: '', required: true as const }] } };
  assert.throws(() => parseArgs(needs, []), /x: needs a thing/);
  assert.equal(synopsis(needs), 'x thing');
});

test('options with several values, optional values and numbers', () => {
  const list = {
    name: 'list',
    args: {
      options: [
        { flag: 's', value: 'member', help: '' },
        { flag: 'g', value: 'flags', optional: true as const, help: '' },
        { flag: 'F', help: '' },
        { flag: '16', help: '' },
        { flag: '8', help: '' },
        { flag: 'locals', help: '' },
      ],
      operands: [{ name: 'start', help: '' }],
    },
  };
  const args = parseArgs(list, ['-s', 'a.b', '-sc', '-FF', '-F', '-16', '-g', '1f', '--locals']);
  assert.deepEqual(args.values('s'), ['a.b', 'c']);
  assert.equal(args.value('s'), 'c');
  assert.equal(args.count('F'), 3);
  assert.equal(args.count('8'), 0);
  assert.ok(args.has('16') && args.has('locals'));
  assert.equal(args.value('g'), '');
  assert.deepEqual(args.operands, ['1f']);
  assert.equal(parseArgs(list, ['-g1f']).value('g'), '1f');
  assert.equal(parseArgs(list, ['-g=1f']).value('g'), '1f');
  assert.throws(
    () => parseArgs(list, ['-6']),
    /no option -6; usage: list \[-F8\] \[-s member\] \[-g\[flags\]\] \[-16\] \[--locals\]/,
  );
});

test('an expression may begin with a minus', () => {
  const p = {
    name: 'p',
    args: {
      options: [{ flag: 'x', help: '' }],
      operands: [{ name: 'expression', help: '', many: true as const }],
      expression: true as const,
    },
  };
  const given = (...words: string[]) => {
    const args = parseArgs(p, words);
    return [args.has('x'), args.operands.join(' ')];
  };
  assert.deepEqual(given('-x', '-1', '-', '-x'), [true, '-1 - -x']);
  assert.deepEqual(given('-jiffies'), [false, '-jiffies']);
  assert.deepEqual(given('-x', '--', '-x'), [true, '-x']);
});

test('pids, addresses and CPU lists', () => {
  assert.equal(parsePidOrAddress('42'), 42);
  assert.equal(parsePidOrAddress('ffff888003c10000'), 0xffff888003c10000n);
  assert.equal(parsePidOrAddress('0x10'), 0x10n);
  assert.equal(parsePidOrAddress('init'), undefined);
  assert.equal(parseAddress('10000000000000000'), undefined);
  assert.deepEqual(parseCpus('0,2-3', [0, 1, 2, 3], 'bt'), [0, 2, 3]);
  assert.deepEqual(parseCpus('a', [0, 1], 'bt'), [0, 1]);
  assert.throws(() => parseCpus('7', [0, 1], 'bt'), /bt: no CPU 7; there are 0, 1/);
  assert.throws(() => parseCpus('x', [0, 1], 'bt'), UsageError);
});

test('tasks are selected by pid, address, name and regular expression', () => {
  const tasks = [
    { pid: 1, address: 0xffff0001n, comm: 'init' },
    { pid: 7, address: 0xffff0002n, comm: 'kworker/0:1' },
    { pid: 8, address: 0xffff0003n, comm: 'kworker/1:1' },
    { pid: 9, address: 0xffff0004n, comm: '123' },
  ];
  const pids = (...words: string[]): number[] => selectTasks(tasks, words).found.map((t) => t.pid);
  assert.deepEqual(pids('7', 'ffff0001', 'init'), [7, 1, 1]);
  assert.deepEqual(pids('kworker.*'), [7, 8]);
  assert.deepEqual(pids('\\123'), [9]);
  assert.deepEqual(selectTasks(tasks, ['123', '99999', 'no']).missing, ['123', '99999', 'no']);
  assert.throws(() => pids('('), UsageError);
});
