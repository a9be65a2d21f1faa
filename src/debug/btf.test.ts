import assert from 'node:assert/strict';
import { test } from 'node:test';
import { btfTypes, memoryOf } from '../../test/build/btf-types.ts';
import { BtfWriter } from '../../test/build/btf-writer.ts';
import { AnalysisError, CorruptError } from '../base/errors.ts';
import type { CType } from '../types/c-type.ts';
import { functionsTaking } from './btf-functions.ts';
import { findGlobal } from './btf-globals.ts';
import { BtfSection } from './btf-section.ts';
import { BtfTypes, DistilledTypes } from './btf-types.ts';

function sample(bigEndian = false) {
  const w = new BtfWriter(undefined, bigEndian);
  const int = w.int('int', 4, 1);
  const ulong = w.int('long unsigned int', 8);
  const bool = w.int('_Bool', 1, 4);
  const pid = w.typedef('pid_t', w.typedef('__kernel_pid_t', int));
  const list = w.endId;
  w.struct('list_head', 16, [
    ['next', list + 1, 0],
    ['prev', list + 1, 64],
  ]);
  w.pointer(list);
  const counts = w.array(ulong, int, 4);
  const grid = w.array(counts, int, 3);
  const pair = w.struct('', 16, [
    ['lo', ulong, 0],
    ['hi', ulong, 64],
  ]);
  const either = w.struct(
    '',
    16,
    [
      ['', pair, 0],
      ['whole', counts, 0],
    ],
    'union',
  );
  w.struct('task', 256, [
    ['pid', pid, 0],
    ['', either, 64],
    ['tasks', list, 192],
    ['grid', grid, 512],
    ['parent', w.pointer(w.typeTag('rcu', w.endId + 2)), 1280],
  ]);
  w.struct(
    'flags',
    8,
    [
      ['a', int, 0, 3],
      ['b', int, 3, 13],
      ['c', ulong, 32, 0],
    ],
    'struct',
    true,
  );
  const narrow = w.int('unsigned int', 4, 0, 5, 2);
  w.struct('old_flags', 4, [
    ['first', narrow, 0],
    ['second', narrow, 5],
  ]);
  w.enumeration('zone', [
    ['DMA', 0],
    ['MAX', 4],
  ]);
  w.enumeration(
    'negative',
    [
      ['NONE', -1],
      ['SOME', 1],
    ],
    true,
  );
  w.enumeration('wide_unsigned', [['ALL', 0xffffffff]]);
  w.enum64(
    'big',
    [
      ['BIT40', 1n << 40n],
      ['LAST', -1n],
    ],
    true,
  );
  w.forward('opaque');
  w.float('double', 8);
  w.declTag('tagged', int);
  const proto = w.prototype(int, [['p', w.pointer(0)]]);
  w.func('task', proto); // a function with the name of a struct is no type
  w.typedef('list_head', int); // the struct goes first
  w.dataSection('.data..percpu', 64, [[w.variable('runqueues', ulong), 8, 8]]);
  w.volatile(bool);
  return w;
}

function member(types: BtfTypes, type: string, path: string) {
  const place = types.find(type)?.findMember(path);
  return place && [place.offset, place.bit, place.bitSize, place.type.resolve().kind, place.type.size];
}

for (const bigEndian of [false, true]) {
  test(`types by name and members by path, ${bigEndian ? 'big' : 'little'} endian`, () => {
    const types = btfTypes(sample(bigEndian));
    assert.equal(types.section.damage, undefined);
    assert.deepEqual(member(types, 'struct task', 'pid'), [0, 0, 0, 'int', 4]);
    assert.deepEqual(member(types, 'task', 'hi'), [16, 0, 0, 'int', 8]);
    assert.deepEqual(member(types, 'task', 'whole[1]'), [16, 0, 0, 'int', 8]);
    assert.deepEqual(member(types, 'task', 'tasks.prev'), [32, 0, 0, 'pointer', 8]);
    assert.deepEqual(member(types, 'task', 'grid[2][1]'), [64 + 2 * 32 + 8, 0, 0, 'int', 8]);
    assert.deepEqual(member(types, 'task', 'grid'), [64, 0, 0, 'array', 96]);
    assert.equal(member(types, 'task', 'nothing'), undefined);
    assert.equal(member(types, 'task', 'pid[0]'), undefined);
    assert.equal(member(types, 'task', 'tasks.next.next'), undefined, 'pointers are not followed');
    assert.deepEqual(member(types, 'flags', 'b'), [0, 3, 13, 'int', 4]);
    assert.deepEqual(member(types, 'flags', 'c'), [4, 0, 0, 'int', 8]);
    assert.deepEqual(member(types, 'old_flags', 'first'), [0, 2, 5, 'int', 4]);
    assert.deepEqual(member(types, 'old_flags', 'second'), [0, 7, 5, 'int', 4]);
  });
}

test('names with and without tag, base types in every spelling, pointers', () => {
  const types = btfTypes(sample());
  const look = (name: string): string | undefined => {
    const type = types.find(name);
    return type && `${type.kind} ${type.name} ${type.size}`;
  };
  assert.equal(look('struct list_head'), 'struct list_head 16');
  assert.equal(look('list_head'), 'struct list_head 16');
  assert.equal(look('typedef list_head'), 'typedef list_head 4');
  assert.equal(look('union list_head'), undefined);
  assert.equal(look('pid_t'), 'typedef pid_t 4');
  assert.equal(look('unsigned long'), 'int long unsigned int 8');
  assert.equal(look('unsigned long int'), 'int long unsigned int 8');
  assert.equal(look('int'), 'int int 4');
  assert.equal(look('double'), 'float double 8');
  assert.equal(look('struct opaque'), 'forward opaque 0');
  assert.equal(look('union opaque'), undefined);
  assert.equal(look('void'), 'void void 0');
  assert.equal(look('struct task **'), 'pointer  8');
  assert.equal(types.find('struct task **')?.target?.target?.name, 'task');
  assert.equal(look('tas'), undefined);
  assert.equal(look('tasks'), undefined);
  assert.equal(look('runqueues'), undefined, 'a variable is no type');
  assert.equal(look(''), undefined);
});

test('enumerations: sign and width', () => {
  const types = btfTypes(sample());
  const values = (name: string) => types.find(name)?.enumerators.map((e) => `${e.name}=${e.value}`);
  assert.deepEqual(values('enum zone'), ['DMA=0', 'MAX=4']);
  assert.deepEqual(values('enum negative'), ['NONE=-1', 'SOME=1']);
  assert.deepEqual(values('enum wide_unsigned'), ['ALL=4294967295']);
  assert.deepEqual(values('enum big'), [`BIT40=${1n << 40n}`, 'LAST=-1']);
  assert.equal(types.find('enum zone')?.signed, false);
  // Writers from before the flag for signed enumerations.
  const old = new BtfWriter();
  old.enumeration('e', [['MINUS', -5]]);
  assert.deepEqual(
    btfTypes(old)
      .find('enum e')
      ?.enumerators.map((e) => e.value),
    [-5n],
  );
});

test('type tags are looked through, functions have parameters', () => {
  const types = btfTypes(sample());
  const parent = types.find('struct task')?.findMember('parent');
  assert.equal(parent?.type.kind, 'pointer');
  const w = new BtfWriter();
  const int = w.int('int', 4, 1);
  const f = w.func(
    'f',
    w.prototype(int, [
      ['a', int],
      ['', 0],
    ]),
  );
  const tagged = w.pointer(w.typeTag('user', w.typeTag('rcu', int)));
  const read = btfTypes(w);
  assert.equal(read.type(tagged).target?.name, 'int');
  assert.deepEqual(
    read.type(f).parameters.map((p) => `${p.name}:${p.type.kind}`),
    ['a:int', ':void'],
  );
  assert.equal(read.type(f).target?.name, 'int');
});

test("a module's section continues the kernel's numbers and strings", () => {
  const kernel = sample();
  const types = btfTypes(kernel);
  const w = new BtfWriter(kernel);
  const id = w.struct('victim', 24, [
    ['link', 6, 0],
    ['pid', 5, 128],
  ]);
  w.struct('task', 8, []);
  const split = btfTypes(w, types);
  assert.equal(id, types.section.endId);
  assert.equal(split.find('struct victim')?.findMember('link.prev')?.offset, 8);
  assert.equal(split.find('struct victim')?.members[1]?.name, 'pid');
  assert.equal(split.find('task')?.size, 8, 'its own names, whose text is in the base');
  assert.equal(split.find('struct list_head'), undefined, 'names of the base are asked of the base');
});

test('functions are found by their whole names, those of a module by names that stand in the base too', () => {
  const w = new BtfWriter();
  const int = w.int('int', 4, 1);
  const proto = w.prototype(int, []);
  const names = ['', '_short', '_and_some_more', '_and_some_mor', '_and_some_more_', '_and'].map(
    (end) => `begins_with_the_same_letters${end}`,
  );
  const ids = names.map((name) => w.func(name, proto));
  w.struct('begins_with_the_same', 4, [['a', int, 0]]);
  const kernel = btfTypes(w);
  assert.deepEqual(
    names.map((name) => findGlobal(kernel.section, name)),
    ids,
  );
  for (const name of ['begins_with_the_same', 'begins_with_the_same_letter', `${names[0]}x`, '', 'int']) {
    assert.equal(findGlobal(kernel.section, name), undefined, name);
  }
  const module = new BtfWriter(w);
  const own = module.func(names[1] as string, proto);
  const other = module.func('module_init', proto);
  const split = btfTypes(module, kernel);
  assert.equal(findGlobal(split.section, names[1] as string), own);
  assert.equal(findGlobal(split.section, 'module_init'), other);
  assert.equal(findGlobal(split.section, names[2] as string), undefined);
});

test('functions with short names are found', () => {
  const w = new BtfWriter();
  const proto = w.prototype(w.int('int', 4, 1), []);
  const names = ['a', 'abc', 'abcd', 'abcde', 'abcdefg', 'abcdefgh', 'abcdefghi', 'bcdefghi', 'abce'];
  const ids = names.map((name) => w.func(name, proto));
  const { section } = btfTypes(w);
  assert.deepEqual(
    names.map((name) => findGlobal(section, name)),
    ids,
  );
  for (const name of ['ab', 'abcdef', 'abcdefghij', 'abcdefgx', 'xbcdefgh', 'i']) {
    assert.equal(findGlobal(section, name), undefined, name);
  }
});

test('the functions that take one pointer to a struct, those of a module by prototypes of the kernel too', () => {
  const w = new BtfWriter();
  const int = w.int('int', 4, 1);
  const head = w.struct('head', 8, [['next', int, 0]]);
  const other = w.struct('other', 8, [['next', int, 0]]);
  const proto = w.prototype(0, [['head', w.pointer(head)]]);
  w.func('takes_it', proto);
  w.func('takes_another', w.prototype(0, [['head', w.pointer(other)]]));
  w.func('takes_the_struct', w.prototype(0, [['head', head]]));
  w.func(
    'takes_two',
    w.prototype(0, [
      ['head', w.pointer(head)],
      ['flags', int],
    ]),
  );
  w.func('takes_none', w.prototype(int, []));
  w.func('takes_it_too', proto);
  const kernel = btfTypes(w);
  assert.deepEqual(functionsTaking(kernel, 'head'), ['takes_it', 'takes_it_too']);
  assert.deepEqual(functionsTaking(kernel, 'other'), ['takes_another']);
  assert.deepEqual(functionsTaking(kernel, 'int'), []);
  const module = new BtfWriter(w);
  module.func('module_takes_it', proto);
  module.func('module_takes_it_too', module.prototype(int, [['head', module.pointer(head)]]));
  module.func('module_takes_int', module.prototype(int, [['n', int]]));
  assert.deepEqual(functionsTaking(btfTypes(module, kernel), 'head'), ['module_takes_it', 'module_takes_it_too']);
});

test('a distilled base stands for the types of the kernel', () => {
  const kernel = btfTypes(sample());
  const base = new BtfWriter();
  const task = base.struct('task', 256, []);
  const other = base.struct('flags', 12, []);
  const distilled = new DistilledTypes(btfTypes(base).section, kernel);
  const w = new BtfWriter(base);
  w.struct('mine', 300, [
    ['task', task, 0],
    ['other', other, 2048],
  ]);
  const bytes = w.bytes();
  const mine = new BtfTypes(new BtfSection(memoryOf(bytes), 0x1000n, bytes.length, distilled.section), 8, distilled);
  assert.equal(mine.find('struct mine')?.findMember('task.tasks.prev')?.offset, 32);
  assert.equal(mine.find('struct mine')?.findMember('other.a'), undefined, 'another size is another type');
});

test('unknown kinds: skipped with the sizes that the section states, else the end of what is read', () => {
  const w = new BtfWriter();
  const int = w.int('int', 4, 1);
  w.record('future', 30, 2, 0, [1, 2, 3, 4, 5]);
  w.typedef('after', int);
  const sizes = Array.from({ length: 31 }, (_, kind): readonly [number, number] => (kind === 30 ? [4, 8] : [0, 0]));
  const withSizes = w.bytes(sizes);
  const read = new BtfTypes(new BtfSection(memoryOf(withSizes), 0x1000n, withSizes.length), 8);
  assert.equal(read.section.damage, undefined);
  assert.equal(read.find('after')?.size, 4);
  const without = btfTypes(w);
  assert.match(without.section.damage ?? '', /type 1 of kind 30/);
  assert.equal(without.find('int')?.size, 4);
  assert.equal(without.find('after'), undefined);
});

test('headers that cannot be right are refused with the address', () => {
  const good = sample().bytes();
  const cases: readonly (readonly [number, number, RegExp])[] = [
    [0, 0, /magic/],
    [2, 9, /version 9/],
    [4, 3, /length 3/],
    [12, 0xff, /no whole words|exceed/],
    [15, 0x7f, /exceed/],
    [23, 0x7f, /exceed/],
  ];
  for (const [at, value, message] of cases) {
    const bytes = good.slice();
    bytes[at] = value;
    assert.throws(
      () => new BtfSection(memoryOf(bytes), 0x1000n, good.length),
      (e) => e instanceof CorruptError && e.address === 0x1000n && message.test(e.message),
      `byte ${at}`,
    );
  }
});

test('types that lead back to themselves have an end', () => {
  const w = new BtfWriter();
  const a = w.endId;
  w.typedef('a', a + 1);
  w.typedef('b', a);
  w.struct('s', 8, [
    ['', a + 2, 0],
    ['', a + 2, 0],
    ['', a + 3, 0],
  ]);
  w.array(a + 3, a, 2);
  w.typeTag('t', a + 4);
  const types = btfTypes(w);
  assert.equal(types.find('a')?.size, 0);
  assert.ok(types.find('a')?.resolve());
  assert.equal(types.find('struct s')?.findMember('nothing'), undefined);
  assert.equal(types.type(a + 3).size, 0);
  assert.equal(types.type(a + 4).kind, 'void');
  assert.equal(types.type(12345).kind, 'void');
});

test('damaged sections give errors or other answers, never a crash or a hang', () => {
  const good = sample().bytes();
  let random = 7;
  const next = (n: number): number => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    return (random >>> 4) % n;
  };
  const visit = (type: CType | undefined, depth: number): void => {
    if (!type || depth > 3) return;
    assert.equal(typeof type.size, 'number');
    assert.ok(type.resolve());
    for (const m of type.members.slice(0, 20)) visit(m.type, depth + 1);
    for (const e of type.enumerators.slice(0, 20)) assert.equal(typeof e.value, 'bigint');
    for (const p of type.parameters.slice(0, 20)) visit(p.type, depth + 1);
    visit(type.target, depth + 1);
    type.findMember('a[1].b.c');
    type.findMember('pid');
  };
  for (let round = 0; round < 400; round++) {
    const bytes = good.slice();
    for (let n = 0; n < 1 + next(8); n++) bytes[next(bytes.length)] = next(256);
    try {
      const section = new BtfSection(memoryOf(bytes), 0x1000n, bytes.length);
      const types = new BtfTypes(section, 8);
      for (let id = 0; id < Math.min(section.endId, 64); id++) visit(types.type(id), 0);
      types.find('struct task');
    } catch (e) {
      assert.ok(e instanceof AnalysisError, `round ${round}: ${e}`);
    }
  }
});
