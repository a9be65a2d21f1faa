import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answers, judge, type LineFacts } from './line-classes.ts';
import { Outcome } from './outcome.ts';

const line = (name: string, file: string, n: number) => [{ name, file, line: n }];
const right = line('f', 'a.h', 3);
const facts: LineFacts = { covered: true, same: () => false, firstFile: undefined };

function classOf(answers: Partial<Answers>, has: Partial<LineFacts> = {}): string {
  const outcome = new Outcome('x', 'addresses');
  judge({ address: 1n, ours: right, gnu: right, llvm: right, third: right, ...answers }, { ...facts, ...has }, outcome);
  return `${outcome.unexplained > 0 ? 'WRONG ' : ''}${[...outcome.classes.keys()][0]}`;
}

test('a difference is explained only by what the file and the others say', () => {
  assert.match(classOf({ gnu: line('f', 'a.c', 3) }, { firstFile: 'a.c' }), /^GNU takes file 1/);
  assert.match(classOf({ gnu: line('f', 'a.c', 3) }), /^one peer alone/);
  assert.match(classOf({ gnu: line('f', 'a.c', 3), llvm: line('f', 'a.c', 3) }), /^WRONG inside of functions/);
  assert.match(
    classOf({ llvm: line('', 'a.h', 3), third: line('', 'a.h', 3) }, { covered: false }),
    /symbol before it/,
  );
  assert.match(classOf({ llvm: line('', 'a.h', 3), third: line('', 'a.h', 3) }), /^WRONG inside/);
  assert.match(classOf({ gnu: line('g', 'a.h', 3) }, { covered: false, same: () => true }), /another name of the same/);
  assert.match(classOf({ gnu: line('g', 'a.h', 3), llvm: line('g', 'a.h', 3) }, { covered: false }), /^WRONG outside/);
  assert.match(classOf({ gnu: line('f', '', 0), llvm: line('', '', 0) }, { covered: false }), /outside of the ranges/);
  assert.match(classOf({ ours: [], gnu: line('f', 'b.c', 0), llvm: [], third: [] }), /file of the symbol table/);
  assert.match(classOf({ ours: [], gnu: [], llvm: [] }, { covered: false }), /behind the last row/);
  assert.match(classOf({ ours: [] }), /^WRONG/);
});
