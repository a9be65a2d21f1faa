import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BtfWriter } from '../../test/build/btf-writer.ts';
import { testArchitecture } from '../../test/build/test-architecture.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import type { CType } from '../types/c-type.ts';
import { btf } from './btf.ts';
import { findIn } from './btf-modules.ts';

const arch = testArchitecture();

const BASE = TestKernel.BASE;
const BTF = BASE + 0x10000n;
const MODULES = BASE + 0x20000n;
const MODULE = BASE + 0x21000n;
const SPLIT = BASE + 0x30000n;
const DISTILLED = BASE + 0x38000n;
const BTF_MODULES = BASE + 0x40000n;

function kernelTypes() {
  const w = new BtfWriter();
  const int = w.int('unsigned int', 4);
  const pointer = w.pointer(0);
  const list = w.struct('list_head', 16, [
    ['next', pointer, 0],
    ['prev', pointer, 64],
  ]);
  w.struct('module_layout', 16, [
    ['base', pointer, 0],
    ['size', int, 64],
    ['text_size', int, 96],
  ]);
  w.struct('module', 256, [
    ['list', list, 64],
    ['name', w.array(w.int('char', 1, 1), int, 56), 192],
    ['btf_data_size', int, 640],
    ['btf_base_data_size', int, 672],
    ['btf_data', pointer, 704],
    ['btf_base_data', pointer, 768],
    ['core_layout', 4, 1024],
    ['init_layout', 4, 1152],
  ]);
  w.struct('btf', 64, [
    ['data', pointer, 0],
    ['data_size', int, 64],
  ]);
  w.struct('btf_module', 64, [
    ['list', list, 0],
    ['btf', pointer, 192],
    ['module', pointer, 256],
  ]);
  w.struct('task_struct', 64, [['pid', int, 96]]);
  return w;
}

class Kernel extends TestKernel {
  readonly base = kernelTypes();

  constructor() {
    super();
    const bytes = this.base.bytes();
    this.put(BTF, bytes);
    this.symbol('__start_BTF', BTF);
    this.symbol('__stop_BTF', BTF + BigInt(bytes.length));
    this.symbol('modules', MODULES);
    this.fill(MODULE, 0x1000);
    this.ring(MODULES, MODULE + 8n);
    this.put(
      MODULE + 24n,
      Uint8Array.from('victim', (c) => c.charCodeAt(0)),
    );
  }

  put(at: bigint, bytes: Uint8Array): void {
    this.memory.write(Number(at - BASE), bytes);
  }

  ring(a: bigint, b: bigint): void {
    for (const offset of [0n, 8n]) {
      this.word(a + offset, b);
      this.word(b + offset, a);
    }
  }
}

function split(kernel: Kernel): Uint8Array {
  const w = new BtfWriter(kernel.base);
  w.struct('victim', 80, [
    ['task', kernel.base.endId - 1, 0],
    ['list', 3, 512],
  ]);
  return w.bytes();
}

test("a module's types as struct module states them", () => {
  const kernel = new Kernel();
  const bytes = split(kernel);
  kernel.put(SPLIT, bytes);
  kernel.word(MODULE + 88n, SPLIT);
  kernel.word(MODULE + 80n, BigInt(bytes.length));
  const program = kernel.program(arch, [btf]);
  assert.equal(program.findType('struct victim'), undefined, 'plain look-up stays in the kernel');
  assert.equal(program.findModuleType('struct victim')?.findMember('task.pid')?.offset, 12);
  assert.equal(program.findModuleType('struct nothing'), undefined);
});

test("the kernel's own copies go first", () => {
  const kernel = new Kernel();
  const bytes = split(kernel);
  kernel.put(SPLIT, bytes);
  kernel.word(MODULE + 88n, 0xdeadn);
  kernel.symbol('btf_modules', BTF_MODULES);
  kernel.fill(BTF_MODULES, 0x1000);
  const entry = BTF_MODULES + 0x100n;
  kernel.ring(BTF_MODULES, entry);
  kernel.word(entry + 24n, entry + 0x80n);
  kernel.word(entry + 32n, MODULE);
  kernel.word(entry + 0x80n, SPLIT);
  kernel.word(entry + 0x88n, BigInt(bytes.length));
  const program = kernel.program(arch, [btf]);
  assert.equal(program.findModuleType('victim')?.findMember('list.prev')?.offset, 72);
  assert.deepEqual(program.problems(), []);
});

test('types that refer to a distilled base mean those of the kernel', () => {
  const kernel = new Kernel();
  const base = new BtfWriter();
  const task = base.struct('task_struct', 64, []);
  const w = new BtfWriter(base);
  w.struct('victim', 72, [['task', task, 64]]);
  kernel.put(SPLIT, w.bytes());
  kernel.put(DISTILLED, base.bytes());
  kernel.word(MODULE + 88n, SPLIT);
  kernel.word(MODULE + 96n, DISTILLED);
  kernel.word(MODULE + 80n, BigInt(w.bytes().length) | (BigInt(base.bytes().length) << 32n));
  const program = kernel.program(arch, [btf]);
  assert.equal(program.findModuleType('victim')?.findMember('task.pid')?.offset, 20);
});

test('damaged types of a module are left out with a reason', () => {
  const kernel = new Kernel();
  kernel.fill(SPLIT, 0x1000);
  kernel.word(MODULE + 88n, SPLIT);
  kernel.word(MODULE + 80n, 100n);
  const program = kernel.program(arch, [btf]);
  assert.equal(program.findModuleType('victim'), undefined);
  assert.deepEqual(
    program.problems().map((p) => p.what),
    ['types of module victim'],
  );
  assert.equal(program.type('task_struct').size, 64);
});

test('what one module only declares is taken from the one that has it', () => {
  const type = (kind: CType['kind']): CType => ({ kind, name: 'mapped_device' }) as CType;
  const [declared, whole] = [type('forward'), type('struct')];
  const found = (...types: (CType | undefined)[]) =>
    findIn(
      types.map((t) => ({ find: () => t })),
      'mapped_device',
    );
  assert.equal(found(undefined, declared, whole), whole);
  assert.equal(found(declared, undefined), declared);
  assert.equal(found(), undefined);
});
