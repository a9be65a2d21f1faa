import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionSource, listedSource, sourceLines, sourceText } from './source-text.ts';

function file(text: string) {
  return { where: 'x.c', lines: text.split('\n') };
}

const numbers = (source: { readonly lines: readonly { readonly number: number }[] }) =>
  source.lines.map((l) => l.number);

test('lines around one; a line that the file does not have is told', () => {
  const text = file('a\nb\nc\nd\ne');
  assert.deepEqual(
    sourceLines(text, { line: 3 }, 1, 1).lines.map((l) => `${l.number}${l.text}`),
    ['2b', '3c', '4d'],
  );
  assert.equal(sourceLines(text, { line: 1 }, 5, 4).lines.length, 5);
  assert.equal(sourceLines(text, { line: 3 }, 1, 1).doubt, undefined);
  const beyond = sourceLines(text, { line: 9 }, 1, 1);
  assert.match(beyond.doubt ?? '', /has 5 lines, but the line table says 9/);
  assert.deepEqual(numbers(beyond), [4, 5]);
});

const CODE = file('/* x */\n\nint helper(int a)\n{\n\treturn a;\n}\n\nint other(void)\n{\n\treturn 1;\n}\n');

test('a function that the text does not have where the line table says is told', () => {
  const doubt = (line: number, name: string, start = false, text = CODE) =>
    sourceLines(text, { line, function: name, start }, 1, 1).doubt;
  assert.equal(doubt(4, 'helper', true), undefined);
  assert.equal(doubt(5, 'helper'), undefined);
  assert.equal(doubt(5, 'helper.isra.0'), undefined);
  assert.match(doubt(4, 'gone', true) ?? '', /gone is not there near line 4/);
  assert.match(doubt(5, 'gone') ?? '', /gone is not there up to line 5/);
  const far = file(`int helper(void)\n{\n}\n${'\n'.repeat(100)}{\n}`);
  assert.match(doubt(104, 'helper', true, far) ?? '', /near line 104/);
  assert.equal(doubt(104, 'helper', false, far), undefined);
});

test('names that macros make up are not missed', () => {
  const doubt = (text: string, name: string) =>
    sourceLines(file(text), { line: 2, function: name, start: true }, 1, 1).doubt;
  assert.equal(doubt('SYSCALL_DEFINE1(close, int, fd)\n{\n}', '__do_sys_close'), undefined);
  assert.equal(doubt('DEFINE_SHOW(thing)\n{\n}', 'thing_show_open'), undefined);
  assert.equal(doubt('EXPORT_SYMBOL(x);\nint b(void)\n{', 'gone')?.includes('gone'), true);
  assert.equal(doubt('int a;\nint b;', ''), undefined);
});

test('a function as crash lists it: five lines before, the rest of it, the line marked', () => {
  const whole = functionSource(CODE, { line: 9, function: 'other', start: true }, undefined);
  assert.deepEqual(numbers(whole), [4, 5, 6, 7, 8, 9, 10, 11]);
  assert.deepEqual(listedSource(whole, 9).slice(4, 7), ['  8\tint other(void)', '* 9\t{', '  10\t\treturn 1;']);
  assert.deepEqual(numbers(functionSource(CODE, { line: 4 }, 1)), [1, 2, 3, 4, 5]);
  assert.deepEqual(numbers(functionSource(CODE, { line: 4 }, 1000)).at(-1), 12);
  const assembly = file('SYM_FUNC_START(x)\n\tret\nSYM_FUNC_END(x)\n\n\n');
  assert.deepEqual(numbers(functionSource(assembly, { line: 1 }, undefined)), [1, 2, 3]);
  assert.deepEqual(
    numbers(functionSource(file('a\nb\nc\nd\ne\nf\ng\nh'), { line: 2 }, undefined)),
    [1, 2, 3, 4, 5, 6, 7],
  );
});

test('what is doubtful stands below the text, in either layout', () => {
  const source = sourceLines({ ...CODE, doubt: 'another version' }, { line: 2 }, 0, 0);
  assert.deepEqual(sourceText(source, 2), ['> 2', '(x.c: another version)']);
  assert.deepEqual(listedSource(source, 2), ['* 2\t', '(x.c: another version)']);
});
