import assert from 'node:assert/strict';
import { test } from 'node:test';
import { align } from './align.ts';
import { commandLines, commandNames } from './command-lines.ts';
import { compareLines, trimmed } from './compare.ts';
import { crashText } from './crash-failures.ts';

test('lines are aligned as sequences', () => {
  assert.deepEqual(align(['a', 'b', 'c'], ['a', 'x', 'c', 'd']), [
    { aFrom: 1, aTo: 2, bFrom: 1, bTo: 2 },
    { aFrom: 3, aTo: 3, bFrom: 3, bTo: 4 },
  ]);
  assert.deepEqual(align([], []), []);
  const long = Array.from({ length: 60_000 }, (_, i) => `line ${i}`);
  const other = long.filter((_, i) => i % 1000 !== 7);
  assert.equal(align(long, other).length, 60);
  assert.equal(align(long.toReversed(), ['x', ...long]).length > 0, true);
});

test('what differs is accepted, or unexplained on both sides', () => {
  const crash = ['head', 'a 1', 'b 2', 'tail'];
  const ours = ['head', 'a 9', 'b 2', 'more', 'tail'];
  const none = compareLines('cmd -x', crash, ours, []);
  assert.deepEqual([none.crash, none.equal, none.accepted, none.unexplained], [4, 3, 0, 3]);
  const entries = [
    { command: /^cmd/, line: /^a/, ours: /^a/, why: 'a' },
    { command: /^cmd/, ours: /^more/, why: 'more' },
    { command: /^other/, why: 'all' },
  ];
  const some = compareLines('cmd -x', crash, ours, entries);
  assert.deepEqual([some.equal, some.accepted, some.unexplained], [3, 1, 0]);
  assert.equal(compareLines('other', crash, [], entries).unexplained, 0);
  assert.equal(compareLines('other', crash, [], entries).accepted, 4);
  assert.equal(compareLines('cmd', crash, [], entries).unexplained, 4); // nothing of ours stands for `a 1`
});

test('lines may differ in a part, and stand elsewhere', () => {
  const crash = ['1 a', '2 b', 'same', '3 c'];
  const apart = [{ command: /^cmd/, apart: /^\d+ /g, why: 'numbers' }];
  const near = compareLines('cmd', crash, ['5 a', '6 b', 'same', '9 d'], apart);
  assert.deepEqual([near.equal, near.accepted, near.unexplained], [1, 2, 2]);
  const limited = compareLines(
    'cmd',
    crash,
    ['5 a', '6 b', 'same', '3 c'],
    [{ ...apart[0], line: /a$/, why: 'a' } as never],
  );
  assert.deepEqual([limited.accepted, limited.unexplained], [1, 2]);
  const swapped = ['9 c', 'same', '1 a', '2 b'];
  assert.equal(compareLines('cmd', crash, swapped, apart).unexplained > 0, true);
  const moved = compareLines('cmd', crash, swapped, [{ ...apart[0], moved: true, why: 'order' } as never]);
  assert.equal(moved.unexplained, 0);
});

test('an entry explains no more than it says', () => {
  const compare = (crash: string[], ours: string[], entry: object): number =>
    compareLines('cmd', crash, ours, [{ command: /^cmd/, why: '', ...entry }]).unexplained;
  const apart = { apart: /\d+$/g, alike: (a: string, b: string) => Number(b.slice(2)) - Number(a.slice(2)) === 1 };
  assert.equal(compare(['a 1', 'b 5'], ['a 2', 'b 9'], apart), 2, 'one pair is not alike');
  const words = { line: /^:/, ours: /^:/, words: /(?<=[: ])\w+/g };
  assert.equal(compare([': a b', ': c d'], [': a', ': b c', ': d e'], words), 0, 'the same words in other lines');
  assert.equal(compare([': a b', ': c d'], [': a', ': b x', ': d e'], words), 5);
  assert.equal(compare(['x 1', 'same', 'x 2'], ['same'], { line: /^x/, most: 1 }), 1);
  const under = { line: /^x/, under: { heading: /^H/, matching: /^H1/ } };
  assert.equal(compare(['H1', 'x', 'H2', 'x'], ['H1', 'H2'], under), 1, 'under the other heading');
  assert.equal(compare(['H2', 'x', 'H1', 'x'], ['H2', 'y'], under), 3, 'headings inside of a place');
});

test('what an entry explained is told', () => {
  const told: unknown[] = [];
  const entry = { command: /^cmd/, line: /^a/, ours: /^a/, why: '' };
  compareLines('cmd', ['a 1', 'b'], ['a 2', 'b'], [entry], (...args) => told.push(args));
  assert.deepEqual(told, [[entry, ['a 1'], ['a 2']]]);
});

test('blanks at the ends and the numbers of values do not count', () => {
  assert.deepEqual(trimmed(['  a = $3 = 5 ', '', ' \t']), ['a = 5']);
});

test("crash's errors are told from its answers", () => {
  const answer = (...lines: string[]) => ({ how: 'answered' as const, lines });
  assert.deepEqual(crashText('kmem 1', answer('kmem: invalid address: 1')), {
    lines: [],
    failure: 'kmem: invalid address: 1',
  });
  assert.deepEqual(crashText('ps', answer('PID: 1  TASK: 2')), { lines: ['PID: 1  TASK: 2'] });
  assert.equal(crashText('mach -o', answer('mach: invalid option', 'Usage:', '  mach')).failure, 'usage');
  assert.equal(crashText('ps', { how: 'died', lines: ['a'] }).failure, 'crash died');
});

test('every line names objects that are known, once', async () => {
  const lines = commandLines.map((l) => l.line);
  assert.equal(new Set(lines).size, lines.length);
  const { objectNames } = await import('./objects.ts');
  for (const line of lines) {
    for (const [, name] of line.matchAll(/\{([a-z]+)\}/g))
      assert.ok(objectNames.includes(name as string), `${line}: ${name}`);
  }
  assert.equal(commandNames.filter((n) => !['implicit', 'pipe', 'aliases'].includes(n)).length, 51);
});
