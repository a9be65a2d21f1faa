import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { structType } from '../../test/build/c-types.ts';
import { testArchitecture } from '../../test/build/test-architecture.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { NotFoundError, UsageError } from '../base/errors.ts';
import type { MacroDefinition } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { arrayOf, intType, pointerTo } from '../types/simple-type.ts';
import { addressOf, evaluate, valueOrType } from './evaluate.ts';
import { frameScope } from './frame-scope.ts';
import { valueLines } from './tree-text.ts';
import { parseTypeName } from './type-parser.ts';

const AT = TestKernel.BASE + 0x1000n;
const kernel = new TestKernel();
let prog: Program;

const char = intType('char', 1, true);
const int = intType('int', 4, true);
const u8 = intType('unsigned char', 1, false);
const u64 = intType('long unsigned int', 8, false);

before(() => {
  const node: CType = structType('node', 48, {
    next: [0, pointerTo(u64, 8)],
    count: [8, int],
    kind: [12, u8],
    low: [104, u8, 3],
    high: [107, u8, 5],
    name: [16, arrayOf(char, 8)],
    words: [24, arrayOf(u64, 2)],
  });
  kernel.type(node);
  kernel.symbol('first', AT, 48, 'D');
  kernel.symbol('call', AT + 0x100n, 16, 'T');
  kernel.fill(AT, 0x1000);
  kernel.word(AT, AT + 24n);
  kernel.word(AT + 8n, 0xadff_ffff_fffen);
  kernel.word(AT + 16n, 0x62_610a_2241n);
  kernel.word(AT + 24n, 7n);
  kernel.word(AT + 32n, 0xffff_ffff_ffff_ffffn);
  prog = kernel.program(testArchitecture(), [
    {
      name: 'globals',
      offers: ['types'],
      open: () => ({
        findVariableType: (name) => (name === 'first' ? node : undefined),
        findEnumerator: (name) => (name === 'RED' ? { type: int, value: 3n } : undefined),
        findMacro: (name) => macros[name],
      }),
    },
  ]);
});

const macro = (name: string, body: string, parameters?: string[]): [string, MacroDefinition] => [
  name,
  { name, body, ...(parameters && { parameters }) },
];
const macros: Readonly<Record<string, MacroDefinition | undefined>> = Object.fromEntries([
  macro('__AC', '(X##Y)', ['X', 'Y']),
  macro('_AC', '__AC(X,Y)', ['X', 'Y']),
  macro('PAGE_SHIFT', '12'),
  macro('PAGE_SIZE', '(_AC(1,UL) << PAGE_SHIFT)'),
  macro('loop', 'loop + 1'),
  macro('sum', '(a + (0, rest))', ['a', 'rest...']),
  macro('n_count', 'count'),
  macro('first', 'wrong'),
  macro('grow', 'grow2 grow2'),
  ...Array.from({ length: 40 }, (_, i) => macro(`grow${i + 2}`, `grow${i + 3} grow${i + 3}`)),
  macro('print', 'do { x; } while (0)'),
]);

function text(expression: string): string {
  return valueLines(evaluate(prog, expression, frameScope(prog, undefined))).join('\n');
}

test('operators bind as in C', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['10 - 4 - 3', '3'],
    ['7 / 2', '3'],
    ['-7 / 2', '-3'],
    ['-7 % 3', '-1'],
    ['1 << 4 | 1', '17'],
    ['6 & 3 == 3', '0'],
    ['1 ? 2 : 0 ? 3 : 4', '2'],
    ['0 ? 2 : 0 ? 3 : 4', '4'],
    ['1, 2', '2'],
    ['!0 + ~0', '0'],
    ['1 || 1 / 0', '1'],
    ['0 && 1 / 0', '0'],
    ['7 / 2.0', '3.5'],
    ["'A' + 1", '66'],
    ["'A'", "65 'A'"],
    ['"a" "b"', '"ab"'],
    ['RED', '3'],
    ['0x7fffffff + 1', '-2147483648'],
    ['010', '8'],
  ];
  for (const [expression, wanted] of cases) assert.equal(text(expression), wanted, expression);
});

test('integers are promoted and converted as in C', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['-1 < 0u', '0'],
    ['-1 < 0', '1'],
    ['(char)200 < 0', '1'],
    ['(unsigned char)200 + 100', '300'],
    ['0xffffffff', '4294967295'],
    ['0xffffffffu + 1', '0'],
    ['0xffffffffu + 1ul', '4294967296'],
    ['1UL << 63', '9223372036854775808'],
    ['1 << 40', '0'],
    ['(short)65537', '1'],
    ['(long)-1 > 0ul', '1'],
    ['sizeof(long) + sizeof(int)', '12'],
    ['sizeof first', '48'],
    ['sizeof("abc")', '4'],
  ];
  for (const [expression, wanted] of cases) assert.equal(text(expression), wanted, expression);
});

test('members, pointers, arrays, bit-fields', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['first.count', '-2'],
    ['first.low', "5 '\\005'"],
    ['first.high', "21 '\\025'"],
    ['first.name', '"A\\"\\nab\\000\\000"'],
    ['first.name[0]', "65 'A'"],
    ['*first.next', '7'],
    ['first.words', '{7, 18446744073709551615}'],
    ['first.words[1]', '18446744073709551615'],
    ['*first.words@2', '{7, 18446744073709551615}'],
    ['(&first)->count', '-2'],
    ['&first', `(struct node *) 0x${AT.toString(16)} <first>`],
    ['&first.count', `(int *) 0x${(AT + 8n).toString(16)} <first+8>`],
    ['&((struct node *)0)->words', '(unsigned long (*)[2]) 0x18'],
    ['offsetof(struct node, words[1])', '32'],
    ['container_of(first.next, struct node, words)->count', '-2'],
    ['(typeof(first) *)0', '(struct node *) 0x0'],
    [`{int} 0x${(AT + 8n).toString(16)}`, '-2'],
    ['&first + 1 - &first', '1'],
    ['&first.words[1] > &first.words[0]', '1'],
    ['*(int *)((char *)&first + 8)', '-2'],
    ['(unsigned long)call', String(AT + 0x100n)],
    ['first', evaluateNode()],
  ];
  for (const [expression, wanted] of cases) assert.equal(text(expression), wanted, expression);
});

function evaluateNode(): string {
  return [
    '{',
    `  next = 0x${(AT + 24n).toString(16)} <first+24>,`,
    '  count = -2,',
    "  kind = 255 '\\377',",
    "  low = 5 '\\005',",
    "  high = 21 '\\025',",
    '  name = "A\\"\\nab\\000\\000",',
    '  words = {7, 18446744073709551615}',
    '}',
  ].join('\n');
}

test('formats by letter and by base', () => {
  const value = evaluate(prog, 'first.count');
  const cases: readonly (readonly [string, string])[] = [
    ['x', '0xfffffffe'],
    ['d', '-2'],
    ['u', '4294967294'],
    ['o', '037777777776'],
    ['t', '11111111111111111111111111111110'],
    ['z', '0xfffffffe'],
    ['c', "-2 '\\376'"],
  ];
  for (const [letter, wanted] of cases) assert.deepEqual(valueLines(value, { letter }), [wanted], letter);
  assert.deepEqual(valueLines(value, { radix: 16 }), ['0xfffffffe']);
  assert.deepEqual(valueLines(evaluate(prog, 'first.words'), { elements: 1 }), ['{7...}']);
  assert.deepEqual(valueLines(evaluate(prog, 'first.name'), { letter: 'x', elements: 2 }), ['{0x41, 0x22...}']);
});

test('what cannot be is an error that says why', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['1 +', /a value is expected at the end/],
    ['(1', /'\)' is expected/],
    ['1 2', /an operator is expected before '2'/],
    ['`', /is no part of a C expression/],
    ['first.nothing', /no member struct node\.nothing/],
    ['nothing', /no symbol nothing/],
    ['struct nothing', /no type struct nothing/],
    ['1 / 0', /division by zero/],
    ['first.count = 1', /cannot be changed/],
    ['call(1)', /cannot run/],
    ['*(int *)0x1234', /address 0x1234 is not mapped/],
    ['&first.low', /bit-field has no address/],
    ['&1', /only what is in memory/],
    ['*1.5', /is no pointer/],
    ['first + 1', /is no integer/],
    ['$rip', /no register \$rip/],
    ["'", /not closed/],
    ['struct node', /is a type where a value is expected/],
    ['0x11111111111111111', /does not fit in 64 bits/],
    ['09', /no octal number/],
    ['12ab', /is no number/],
  ];
  for (const [expression, wanted] of cases) assert.throws(() => text(expression), wanted, expression);
});

test('depth and length are bounded', () => {
  for (const hostile of ['('.repeat(5000), '-'.repeat(5000), '*'.repeat(5000), '1+('.repeat(3000), '['.repeat(100)]) {
    assert.throws(() => evaluate(prog, hostile), UsageError);
  }
  assert.throws(() => evaluate(prog, '1'.repeat(70_000)), UsageError);
  assert.throws(() => parseTypeName(prog, `int ${'('.repeat(4000)}*${')'.repeat(4000)}`), UsageError);
  assert.throws(() => evaluate(prog, 'first.words[0] @ 100000000'), /an array of 100000000 elements/);
});

test('addresses and types', () => {
  assert.equal(addressOf(prog, 'first'), AT);
  assert.equal(addressOf(prog, 'first.words'), AT + 24n);
  assert.equal(addressOf(prog, 'first.next'), AT + 24n);
  assert.equal(addressOf(prog, '0x10 + 1'), 0x11n);
  const type = valueOrType(prog, 'struct node *');
  assert.equal('kind' in type && type.kind, 'pointer');
  for (const [name, size] of [
    ['unsigned long', 8],
    ['long unsigned int', 8],
    ['struct node', 48],
    ['node', 48],
    ['char *[4]', 32],
    ['int (*)(void)', 8],
    ['int (*[3])(int, char *)', 24],
    ['short int', 2],
  ] as const) {
    assert.equal(parseTypeName(prog, name).size, size, name);
  }
  assert.throws(() => parseTypeName(prog, 'struct nothing *'), NotFoundError);
});

test('a variable without a type can be cast', () => {
  kernel.symbol('bare', AT + 24n, 8, 'D');
  const fresh = kernel.program(testArchitecture());
  assert.throws(() => valueLines(evaluate(fresh, 'bare')), /the type of bare is not known/);
  assert.throws(() => evaluate(fresh, 'bare + 1'), /say what it is/);
  assert.deepEqual(valueLines(evaluate(fresh, '*(long *)&bare')), ['7']);
  assert.deepEqual(valueLines(evaluate(fresh, '(long)bare')), ['7']);
});

test('macros are replaced as the preprocessor does', () => {
  assert.equal(text('PAGE_SIZE'), '4096');
  assert.equal(text('sizeof(PAGE_SIZE)'), '8');
  assert.equal(text('sum(1, 5, 7)'), '8');
  assert.equal(text('first.count'), text('first.n_count'));
  assert.throws(() => text('PAGE_SIZ'), NotFoundError);
  assert.throws(() => text('loop'), NotFoundError);
  assert.throws(() => text('print'), /the macro print is no expression/);
  assert.throws(() => text('grow'), /more than \d+ macros/);
});
