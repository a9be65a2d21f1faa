import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultKernel } from '../../test/build/fault-kernel.ts';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { madeCase } from '../../test/build/made-case.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import type { Case } from '../diagnosis/case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { FaultChain } from '../fault/chain.ts';
import type { TaskRecord } from '../kernel/task.ts';
import type { Finding } from '../report/finding.ts';
import { freeOfOther } from './free-of-other.ts';
import { perCpuPointer } from './per-cpu-pointer.ts';
import { userMemoryAccess } from './user-memory-access.ts';
import { vmallocHole } from './vmalloc-hole.ts';

const PAGE = 4096n;
/** Where a test kernel maps nothing. */
const SPACE = 0xffff810000100000n;

function dies(
  rule: Rule,
  memory: KernelMemory,
  address: bigint,
  more: Partial<Case> = {},
  ...log: string[]
): Finding[] {
  const line = `BUG: unable to handle page fault for address: ${address.toString(16).padStart(16, '0')}`;
  const frames = [{ symbol: 'reads', module: 'm', registers: { rdi: address } }];
  return [...rule.check({ ...madeCase({ memory, frames, log: [line, ...log] }), ...more })];
}

/**
 * An area of 3 pages and the page that guards it, one that was given back, and one far behind.
 * @param nodes as kernels since 6.9 keep them: in the tree and in the pool of a node
 */
function vmallocSpace(nodes = false): KernelMemory {
  const memory = new KernelMemory();
  memory.type('vmap_area', 72, { va_start: 0, va_end: 8, list: 16, vm: 32, rb_node: 40 });
  memory.type('vm_struct', 64, { addr: 0, nr_pages: [8, 4], phys_addr: 16, caller: 24, flags: [32, 4], size: 40 });
  const asks = memory.alloc(64);
  memory.kernel.symbol('asks_for_it', asks, 64, 't', 'm');
  const area = (start: bigint, pages: number): bigint => {
    const at = memory.alloc(72);
    const vm = memory.alloc(64);
    memory.u64(at, start);
    memory.u64(at + 8n, start + BigInt(pages + 1) * PAGE);
    memory.u64(at + 32n, vm);
    memory.u64(vm, start);
    memory.u32(vm + 8n, pages);
    memory.u64(vm + 24n, asks + 8n);
    memory.u64(vm + 40n, BigInt(pages) * PAGE);
    return at + 16n;
  };
  const [first, last, freed] = [area(SPACE, 3), area(SPACE + 64n * PAGE, 1), area(SPACE + 16n * PAGE, 2)];
  if (nodes) {
    intoNode(memory, first, last, freed);
  } else {
    memory.circle(memory.symbol('vmap_area_list', memory.alloc(16)), first, last);
    memory.circle(memory.symbol('purge_vmap_area_list', memory.alloc(16)), freed);
  }
  return memory;
}

/** Of a tree of two, the second is the right child of the first; the third pool has what is freed. */
function intoNode(memory: KernelMemory, first: bigint, last: bigint, freed: bigint): void {
  memory.type('vmap_pool', 24, { head: 0, len: 16 });
  memory.type('rb_list', 32, { root: 0, head: 8 });
  memory.type('vmap_node', 256, { pool: [0, 96], busy: 96, lazy: 128 });
  memory.type('rb_node', 24, { __rb_parent_color: 0, rb_right: 8, rb_left: 16 });
  const node = memory.alloc(256);
  memory.u64(memory.symbol('vmap_nodes', memory.alloc(8)), node);
  memory.u32(memory.symbol('nr_vmap_nodes', memory.alloc(4)), 1);
  for (let pool = 0n; pool < 4n; pool++) memory.circle(node + pool * 24n);
  memory.u64(node + 96n, first + 24n); // rb_node is 24 bytes behind list
  memory.u64(first + 32n, last + 24n);
  memory.u64(last + 24n, (first + 24n) | 1n);
  memory.circle(node + 136n);
  memory.circle(node + 48n, freed);
  memory.u64(node + 64n, 1);
}

test('an access beyond an area of vmalloc: how far, of how much, and who asked for it', () => {
  const [finding] = dies(vmallocHole, vmallocSpace(), SPACE + 3n * PAGE + 8n);
  assert.equal(finding?.title.en, 'Access beyond an area of vmalloc in reads [m]');
  assert.match(
    finding?.sentence.en ?? '',
    /8 bytes beyond the 12288 bytes of an area of vmalloc that asks_for_it \[m\]/,
  );
  assert.equal(finding?.confidence, 'certain');
  assert.ok(finding?.evidence.some((e) => e.value === SPACE.toString(16)));
  const [first] = dies(vmallocHole, vmallocSpace(), SPACE + 3n * PAGE);
  assert.match(first?.sentence.en ?? '', /the first byte beyond/);
});

test('an area that was given back, and space that nobody has', () => {
  const [freed] = dies(vmallocHole, vmallocSpace(), SPACE + 16n * PAGE + 0x70n);
  assert.match(
    freed?.sentence.en ?? '',
    /that asks_for_it \[m\] had asked for, and that was given back and waits for its reuse/,
  );
  const [nobody] = dies(vmallocHole, vmallocSpace(), SPACE + 40n * PAGE);
  assert.match(nobody?.sentence.en ?? '', /where no area is: it was freed, or the pointer is wrong/);
  assert.ok(nobody?.explains?.includes('pointer.bad'));
});

test('an area that was given back is found in the pool of a node', () => {
  const [freed] = dies(vmallocHole, vmallocSpace(true), SPACE + 16n * PAGE + 0x70n);
  assert.match(freed?.sentence.en ?? '', /that asks_for_it \[m\] had asked for, and that was given back/);
  const [beyond] = dies(vmallocHole, vmallocSpace(true), SPACE + 3n * PAGE);
  assert.match(beyond?.sentence.en ?? '', /the first byte beyond the 12288 bytes/);
  const [nobody] = dies(vmallocHole, vmallocSpace(true), SPACE + 40n * PAGE);
  assert.match(nobody?.sentence.en ?? '', /where no area is/);
});

test('what lies in an area, outside of the space, in mapped memory, or in a kernel without such types is no hole', () => {
  for (const at of [SPACE + PAGE, SPACE - PAGE, SPACE + 66n * PAGE, TestKernel.BASE + 0x1000n, 0x18n]) {
    assert.deepEqual(dies(vmallocHole, vmallocSpace(), at), [], at.toString(16));
  }
  assert.deepEqual(dies(vmallocHole, new KernelMemory(), SPACE), []);
});

test('a pointer that leads to memory with the offset of each CPU was used without it', () => {
  const memory = new KernelMemory();
  const areas = memory.cpus(2);
  const [finding] = dies(perCpuPointer, memory, 0x1040n);
  assert.equal(finding?.title.en, 'Per-CPU pointer used as an address in reads [m]');
  assert.deepEqual(
    finding?.evidence.filter((e) => e.command?.startsWith('rd ')).map((e) => e.value),
    areas.map((a) => (a + 0x1040n).toString(16)),
  );
});

test('a pointer that leads nowhere for some CPU, or a machine with one CPU, is no per-CPU pointer', () => {
  const two = new KernelMemory();
  const [, last] = two.cpus(2);
  assert.deepEqual(dies(perCpuPointer, two, 0x40_0000_1040n), []);
  two.drop((last as bigint) + 0x1000n);
  assert.deepEqual(dies(perCpuPointer, two, 0x1040n), []);
  const one = new KernelMemory();
  one.cpus(1);
  assert.deepEqual(dies(perCpuPointer, one, 0x1040n), []);
});

const STACK = 0x7ffd_0000_0000n;

/** A process with one area, its stack. */
function process(): { memory: KernelMemory; crashed: TaskRecord } {
  const memory = new KernelMemory();
  memory.type('mm_struct', 128, { mmap: 0, mm_rb: 8, pgd: 16, start_brk: 24, brk: 32, start_stack: 40 });
  memory.type('vm_area_struct', 128, {
    ...{ vm_start: 0, vm_end: 8, vm_next: 16, vm_rb: 24, vm_flags: 48, vm_file: 56, vm_pgoff: 64, vm_mm: 72 },
    ...{ vm_ops: 80, vm_private_data: 88 },
  });
  const mm = memory.alloc(128);
  const area = memory.alloc(128);
  memory.u64(mm, area);
  memory.u64(mm + 40n, STACK + 0x800n);
  memory.u64(area, STACK);
  memory.u64(area + 8n, STACK + 0x2000n);
  memory.u64(area + 72n, mm);
  return { memory, crashed: { pid: 7, comm: 'app', mm, address: memory.alloc(64) } as unknown as TaskRecord };
}

test('memory of the process itself that the kernel used directly', () => {
  const { memory, crashed } = process();
  const [finding] = dies(userMemoryAccess, memory, STACK + 0x18n, { crashed });
  assert.equal(finding?.title.en, 'User memory used directly in reads [m]');
  assert.match(finding?.sentence.en ?? '', /memory of user space, \[stack\] of app \(pid 7\), without the functions/);
  assert.equal(finding?.confidence, 'likely');
  assert.ok(finding?.evidence.some((e) => e.value === STACK.toString(16) && e.command === 'vm 7'));
  const refused = 'BUG: unable to handle page fault: supervisor read access: permissions violation';
  const [sure] = dies(userMemoryAccess, memory, STACK + 0x18n, { crashed }, refused);
  assert.equal(sure?.confidence, 'certain');
  assert.match(sure?.sentence.en ?? '', /which the CPU refuses the kernel/);
});

test('an access that begins in its memory and reaches beyond the end', () => {
  const { memory, crashed } = process();
  const end = STACK + 0x2000n;
  const text = { en: 'x', zh: 'x' };
  const chain = (target: bigint, size: number): FaultChain => ({
    ...{ kind: 'access', function: 'reads', expression: 'u->a', target, size, summary: text, pointers: [] },
    strands: [{ steps: [], stopped: text }],
  });
  const [finding] = dies(userMemoryAccess, memory, end, { crashed, chain: chain(end - 4n, 8) });
  assert.match(
    finding?.sentence.en ?? '',
    /read 0x7ffd00001ffc \(`u->a`\), .*\[stack\] of app \(pid 7\), beyond the end of which it reached \(0x7ffd00002000\)/,
  );
  assert.deepEqual(dies(userMemoryAccess, memory, end, { crashed, chain: chain(end - 8n, 8) }), []);
});

test('an address outside of its areas, near NULL, or of a kernel thread is none of user space', () => {
  const { memory, crashed } = process();
  for (const at of [STACK - 8n, STACK + 0x2000n, 0x18n]) {
    assert.deepEqual(dies(userMemoryAccess, memory, at, { crashed }), [], at.toString(16));
  }
  const thread = { ...crashed, mm: 0n } as TaskRecord;
  assert.deepEqual(dies(userMemoryAccess, memory, STACK, { crashed: thread }), []);
});

/** A death in kfree(), which was given an address. */
function frees(given: bigint, make: (k: FaultKernel) => void = () => {}): Finding[] {
  const k = new FaultKernel(x86_64);
  const anything = k.btf.pointer(0);
  k.btf.func('kfree', k.btf.prototype(0, [['object', anything]]));
  const at = k.code('kfree', [0x48, 0x8b, 0x07, 0xc3]); // mov (%rdi),%rax
  const user = k.code('gives_back', [0xe8, 0, 0, 0, 0, 0xc3], 'm');
  make(k);
  const prog = k.opened();
  const values = prog.arch.registers.map((name) => ({ rdi: given, rip: at, rsp: FaultKernel.STACK + 0x800n })[name]);
  const of = madeCase({
    frames: [
      { symbol: 'kfree', pc: at, registers: { rdi: given } },
      { symbol: 'gives_back', module: 'm', pc: user + 5n },
    ],
    log: ['kernel BUG at mm/slub.c:435!'],
  });
  const frame = {
    ...{ pc: at, lookupPc: at, sp: FaultKernel.STACK + 0x800n, trust: 'registers' as const, known: values },
    ...{ registers: values, symbol: { name: 'kfree', address: at, size: 4, letter: 't' } },
  };
  return [...freeOfOther.check({ ...of, prog, unwound: { frames: [frame], complete: true } })];
}

test('static memory that was given to kfree()', () => {
  const data = TestKernel.BASE + 0x40_0000n;
  const [finding] = frees(data + 8n, (k) => {
    k.fill(data, 64);
    k.symbol('always_there', data, 64, 'd', 'm');
  });
  assert.equal(finding?.title.en, 'Free of what is no slab object by gives_back [m]');
  assert.match(
    finding?.sentence.en ?? '',
    /in the static memory of always_there \[m\]: the allocator never gave it out/,
  );
  assert.ok(finding?.evidence.some((e) => e.value === 'always_there' && e.command?.startsWith('sym ')));
});

test('memory of which nothing is known is not said to be of anything, nor is an address of user space', () => {
  assert.deepEqual(frees(TestKernel.BASE + 0x50_0000n), []);
  assert.deepEqual(frees(0x7fff_0000n), []);
});

test('an error code that was given to kfree()', () => {
  const [finding] = frees(0xffffffffffffffedn);
  assert.equal(finding?.title.en, 'Free of what is no pointer by gives_back [m]');
  assert.match(
    finding?.sentence.en ?? '',
    /told the slab allocator to free 0xffffffffffffffed, which is error code -19/,
  );
  assert.ok(finding?.evidence.some((e) => e.command === 'bt' && e.value === 'ffffffffffffffed'));
  assert.deepEqual(frees(0x18n), []);
});
