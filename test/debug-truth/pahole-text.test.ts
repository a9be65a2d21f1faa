import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareLayouts, parseSizes } from './compare-types.ts';
import { Outcome } from './outcome.ts';
import { PaholeReader } from './pahole-text.ts';

const PRINTED = `struct thing {
	long unsigned int          flags;                /*     0   0x8 */
	union {
		struct list_head   list;                 /*   0x8  0x10 */
		struct {
			u8         kind:4;               /*   0x8: 0 0x1 */
			u8         rest:3;               /*   0x8:0x4 0x1 */
			unsigned char :1;                /*   0x8:0x7 0x1 */
		};                                       /*   0x8   0x1 */
	};                                               /*   0x8  0x10 */

	/* XXX 4 bytes hole, try to pack */

	int                        (*call[2])(struct thing *, void (*)(int)); /*  0x18  0x10 */
	enum {
		ONE = 1,
	} state:8;                                       /*  0x28: 0 0x4 */
	struct {
		int                x;                    /*  0x2c   0x4 */
	} pair[2];                                       /*  0x2c   0x8 */
	struct {
		int                y;                    /*     0   0x4 */
	} * far;                                         /*  0x38   0x8 */
	/* --- cacheline 1 boundary (64 bytes) --- */
	char                       name[] __attribute__((__aligned__(64))); /*  0x40     0 */

	/* size: 64, cachelines: 1, members: 7 */
	/* sum members: 60, holes: 1, sum holes: 4 */
};
union value {
	int                        i;                    /*     0   0x4 */
	void *                     p;                    /*     0   0x8 */
};
`;

test('definitions as pahole prints them', () => {
  const found: string[] = [];
  const reader = new PaholeReader(({ text }) => found.push(text));
  for (const line of PRINTED.split('\n')) reader.line(line);
  assert.deepEqual(found, [
    'struct thing 64 flags@0+8 { list@64+16 { kind@64:4 rest@68:3 @71:1 } @64+1 } @64+16 call@192+16 state@320:8 ' +
      '{ x@352+4 } pair@352+8 far@448+8 name@512+0',
    'union value 0 i@0+4 p@0+8',
  ]);
  assert.deepEqual(
    [...parseSizes('thing\t64\t1\nvalue\t8\t0\nvalue\t4\t0\n')],
    [
      ['thing', [64]],
      ['value', [8, 4]],
    ],
  );
});

test('definitions that only one side has', () => {
  const outcome = new Outcome('types', 'types');
  const ours = new Map([
    ['struct a', new Set(['a1', 'a2'])],
    ['struct b', new Set(['b'])],
    ['struct', new Set(['x'])],
  ]);
  const theirs = new Map([
    ['struct a', new Set(['a1'])],
    ['struct c', new Set(['c'])],
  ]);
  compareLayouts(ours, new Set(['a2']), theirs, outcome);
  assert.deepEqual([outcome.equal, outcome.explained, outcome.unexplained], [1, 1, 2]);
});
