import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultKernel, relative } from '../../test/build/fault-kernel.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import type { StackFrame } from '../unwind/stack.ts';
import type { FaultChain } from './chain.ts';
import { frameArguments } from './frame-arguments.ts';

const SP = FaultKernel.STACK + 0x1000n;
const DATA = TestKernel.BASE + 0x30_0000n;
const UD2 = [0x0f, 0x0b];
const RET = [0xc3];

function kernel(): FaultKernel {
  const made = new FaultKernel(x86_64);
  made.fill(DATA, 0x2000);
  const w = made.btf;
  const long = w.int('long unsigned int', 8);
  const node = w.endId;
  const toNode = w.pointer(node + 1);
  w.struct('node', 0x40, [
    ['next', toNode, 0],
    ['key', long, 0x18 * 8],
    ['call', w.endId + 1, 0x28 * 8],
  ]);
  w.pointer(0);
  w.func('reads', w.prototype(long, [['n', toNode]]));
  w.func('finds', w.prototype(toNode, [['key', long]]));
  w.func(
    'takes_two',
    w.prototype(0, [
      ['a', toNode],
      ['b', toNode],
    ]),
  );
  return made;
}

/** Expressions by the place of their step. */
function steps(chain: FaultChain | undefined): string[] {
  assert.ok(chain);
  return chain.strands.flatMap((s) => s.steps.map((step) => `${step.place}: ${step.expression}`));
}

/** A call whose target is known. */
function call(at: bigint, to: bigint): number[] {
  return [0xe8, ...relative(at + 5n, to)];
}

test('a NULL argument is followed through the caller to the member that it was loaded from', () => {
  const k = kernel();
  const reads = k.code('reads', [0x48, 0x8b, 0x47, 0x18, ...RET]); // mov 0x18(%rdi),%rax
  const outer = k.nextCode;
  // push %rbx; mov %rdi,%rbx; mov (%rbx),%rdi; call reads; pop %rbx; ret
  k.code('takes_two', [0x53, 0x48, 0x89, 0xfb, 0x48, 0x8b, 0x3b, ...call(outer + 7n, reads), 0x5b, ...RET]);
  k.word(SP, outer + 12n);
  const chain = k.explain({ rip: reads, rsp: SP, rdi: 0n, rbx: DATA });
  assert.equal(chain?.expression, 'n->key');
  assert.deepEqual(steps(chain), [
    'reads+0x0: n',
    'reads+0x0: n',
    'takes_two+0x7: a->next',
    'takes_two+0x4: a->next',
    'takes_two+0x0: a',
  ]);
  const load = chain?.strands[0]?.steps[3];
  assert.deepEqual(load?.readFrom, { address: DATA, size: 8, now: 0n });
  assert.deepEqual(load?.evidence[0]?.command, `rd 0x${DATA.toString(16)}`);
  assert.match(load?.what.en ?? '', /where it still is$/);
});

test('memory that was changed after the load is told so, and the register is believed', () => {
  const k = kernel();
  const at = k.code('takes_two', [0x48, 0x8b, 0x07, 0x48, 0x8b, 0x40, 0x18, ...RET]); // mov (%rdi),%rax; mov 0x18(%rax),%rax
  k.word(DATA, 0x1234n);
  const chain = k.explain({ rip: at + 3n, rsp: SP, rdi: DATA, rax: 0x10n });
  const load = chain?.strands[0]?.steps[1];
  assert.equal(load?.value, 0x10n);
  assert.match(load?.what.en ?? '', /memory has changed since: there is 0x1234 now$/);
});

test('a value that was kept on the stack is found there', () => {
  const k = kernel();
  const finds = k.code('finds', RET);
  const at = k.nextCode;
  // sub $0x18,%rsp; mov %rsi,8(%rsp); call finds; mov 8(%rsp),%rdi; mov 0x18(%rdi),%rax
  const code = [0x48, 0x83, 0xec, 0x18, 0x48, 0x89, 0x74, 0x24, 0x08, ...call(at + 9n, finds)];
  k.code('takes_two', [...code, 0x48, 0x8b, 0x7c, 0x24, 0x08, 0x48, 0x8b, 0x47, 0x18, ...RET]);
  k.word(SP + 8n, 0x20n);
  const chain = k.explain({ rip: at + 19n, rsp: SP, rdi: 0x20n });
  assert.equal(chain?.expression, 'b->key');
  assert.deepEqual(steps(chain).slice(0, 2), ['takes_two+0x13: b', 'takes_two+0x0: b']);
});

test('what a call may change is not taken for what it was before', () => {
  const k = kernel();
  const finds = k.code('finds', RET);
  const at = k.nextCode;
  // call finds; mov 0x18(%rdi),%rax: rdi is the caller's no more
  k.code('takes_two', [...call(at, finds), 0x48, 0x8b, 0x47, 0x18, ...RET]);
  const chain = k.explain({ rip: at + 5n, rsp: SP, rdi: 8n });
  assert.equal(chain?.strands[0]?.steps.length, 1);
  assert.match(chain?.strands[0]?.stopped.en ?? '', /cannot be followed/);
});

test('the result of a call is named by it, and typed by its prototype', () => {
  const k = kernel();
  const finds = k.code('finds', RET);
  const at = k.nextCode;
  k.code('takes_two', [...call(at, finds), 0x48, 0x8b, 0x40, 0x18, ...RET]); // mov 0x18(%rax),%rax
  const chain = k.explain({ rip: at + 5n, rsp: SP, rax: 0n });
  assert.equal(chain?.expression, 'finds()->key');
  assert.equal(chain?.origin?.kind, 'result');
});

test('of two ways to the fault the one is taken whose value the register has', () => {
  const k = kernel();
  // mov %rdi,%rax; test %rsi,%rsi; je 1f; mov (%rsi),%rax; 1: mov 0x18(%rax),%rax
  const code = [0x48, 0x89, 0xf8, 0x48, 0x85, 0xf6, 0x74, 0x03, 0x48, 0x8b, 0x06, 0x48, 0x8b, 0x40, 0x18, ...RET];
  const at = k.code('takes_two', code);
  k.word(DATA, 0x40n);
  const taken = k.explain({ rip: at + 11n, rsp: SP, rdi: 0x999n, rsi: DATA, rax: 0x40n });
  assert.equal(taken?.expression, 'b->next->key');
  assert.equal(taken?.strands[0]?.steps[1]?.confidence, 'likely');
  const other = k.explain({ rip: at + 11n, rsp: SP + 8n, rdi: 0x999n, rsi: 0n, rax: 0x999n }, { prog: k.opened() });
  assert.equal(other?.expression, 'a->key');
});

test('ways that nothing tells apart end the walk', () => {
  const k = kernel();
  const code = [0x48, 0x89, 0xf8, 0x48, 0x85, 0xf6, 0x74, 0x03, 0x48, 0x89, 0xd0, 0x48, 0x8b, 0x40, 0x18, ...RET];
  const at = k.code('nameless', code); // rax is rdi or rdx, both overwritten: neither register is given
  const chain = k.explain({ rip: at + 11n, rsp: SP, rax: 0x40n });
  assert.equal(chain?.strands[0]?.steps.length, 1);
  assert.match(chain?.strands[0]?.stopped.en ?? '', /2 ways in nameless/);
});

test('an assertion tells its condition and follows both sides', () => {
  const k = kernel();
  // mov (%rdi),%rax; cmp %rsi,%rax; je 1f; ret; 1: ud2
  const at = k.code('takes_two', [0x48, 0x8b, 0x07, 0x48, 0x39, 0xf0, 0x74, 0x01, ...RET, ...UD2]);
  k.word(DATA, DATA + 0x40n);
  const chain = k.explain({ rip: at + 9n, rsp: SP, rdi: DATA, rsi: DATA + 0x40n, rax: DATA + 0x40n });
  assert.equal(chain?.kind, 'assertion');
  assert.equal(chain?.expression, 'a->next == b');
  assert.match(chain?.summary.en ?? '', /and it holds$/);
  assert.deepEqual(steps(chain).slice(2), ['takes_two+0x0: a->next', 'takes_two+0x0: a', 'takes_two+0x0: b']);
});

test('a condition that was not taken is told as it is', () => {
  const k = kernel();
  // test %rdi,%rdi; jne 1f; ud2; 1: ret
  const at = k.code('reads', [0x48, 0x85, 0xff, 0x75, 0x02, ...UD2, ...RET]);
  const chain = k.explain({ rip: at + 5n, rsp: SP, rdi: 0n });
  assert.equal(chain?.expression, 'n == NULL');
});

test('a call through a bad pointer is told by the call', () => {
  const k = kernel();
  const at = k.nextCode;
  // mov 0x28(%rdi),%rax; call *%rax
  k.code('reads', [0x48, 0x8b, 0x47, 0x28, 0xff, 0xd0, ...RET]);
  k.word(SP, at + 6n);
  k.word(DATA + 0x28n, 0x6b6b_6b6b_6b6b_6b6bn);
  const chain = k.explain({ rip: 0x6b6b_6b6b_6b6b_6b6bn, rsp: SP, rdi: DATA, rax: 0x6b6b_6b6b_6b6b_6b6bn });
  assert.equal(chain?.kind, 'jump');
  assert.equal(chain?.expression, 'n->call()');
  assert.match(chain?.summary.en ?? '', /no address at all/);
  assert.deepEqual(steps(chain).slice(0, 2), ['reads+0x4: n->call', 'reads+0x0: n->call']);
});

test('functions that jumped on as their last act are found between the call and the fault', () => {
  const k = kernel();
  const reads = k.code('reads', [0x48, 0x8b, 0x47, 0x18, ...RET]);
  const middle = k.nextCode;
  k.code('takes_two', [0x48, 0x89, 0xf7, 0xe9, ...relative(middle + 8n, reads)]); // mov %rsi,%rdi; jmp reads
  const outer = k.nextCode;
  k.code('outer', [0x48, 0x89, 0xde, ...call(outer + 3n, middle), ...RET]); // mov %rbx,%rsi; call takes_two
  k.word(SP, outer + 8n);
  const chain = k.explain({ rip: reads, rsp: SP, rdi: 0n, rbx: 0n });
  assert.deepEqual(steps(chain).slice(1), ['reads+0x0: n', 'takes_two+0x3: b', 'takes_two+0x0: b', 'outer+0x3: %rbx']);
});

test('the index is blamed when the pointer of an array is good', () => {
  const k = kernel();
  const at = k.code('nameless', [0x48, 0x89, 0xf0, 0x48, 0x8b, 0x04, 0xc7, ...RET]); // mov %rsi,%rax; mov (%rdi,%rax,8),%rax
  const chain = k.explain({ rip: at + 3n, rsp: SP, rdi: DATA, rsi: 0x7fff_ffffn, rax: 0x7fff_ffffn });
  assert.equal(chain?.expression, '(argument 1)[argument 2]');
  assert.match(chain?.summary.en ?? '', /argument 2 is 2147483647 \(0x7fffffff\)/);
});

test('an index below zero that was extended from 32 bits is told as it counts', () => {
  const k = kernel();
  const at = k.code('nameless', [0x48, 0x63, 0xc6, 0x48, 0x8b, 0x04, 0xc7, ...RET]); // movslq %esi,%rax; mov (%rdi,%rax,8),%rax
  const chain = k.explain({ rip: at + 3n, rsp: SP, rdi: DATA, rsi: 0x8000_0000n, rax: 0xffff_ffff_8000_0000n });
  assert.match(chain?.summary.en ?? '', /is -2147483648 \(/);
});

test('memory that is there, but not for this access: the pointer is followed, not the index', () => {
  const k = kernel();
  const at = k.code('nameless', [0x48, 0x89, 0x14, 0xf7, ...RET]); // mov %rdx,(%rdi,%rsi,8)
  const chain = k.explain({ rip: at, rsp: SP, rdi: DATA, rsi: 2n, rdx: 5n }, { target: DATA + 16n });
  assert.equal(chain?.target, DATA + 16n);
  assert.equal(chain?.strands[0]?.steps[0]?.expression, 'argument 1');
});

test('a division by zero is followed to what was loaded for it', () => {
  const k = kernel();
  // mov 0x18(%rdi),%rcx; mov %rsi,%rax; xor %edx,%edx; div %rcx
  const code = [0x48, 0x8b, 0x4f, 0x18, 0x48, 0x89, 0xf0, 0x31, 0xd2, 0x48, 0xf7, 0xf1, ...RET];
  const at = k.code('reads', code);
  const chain = k.explain({ rip: at + 9n, rsp: SP, rdi: DATA, rsi: 7n, rcx: 0n, rax: 7n, rdx: 0n });
  assert.equal(chain?.kind, 'operand');
  assert.equal(chain?.value, 0n);
  assert.equal(chain?.summary.en, 'The instruction divides by n->key, which is 0');
  assert.deepEqual(steps(chain), ['reads+0x9: n->key', 'reads+0x0: n->key', 'reads+0x0: n']);
  const other = k.explain({ rip: at + 9n, rsp: SP, rdi: DATA, rsi: 7n, rcx: 3n, rax: 7n, rdx: 9n });
  assert.match(other?.summary.en ?? '', /which is 0x3: the quotient does not fit/);
});

test('a register that a loop made anew is not taken for the one of the round before', () => {
  const k = kernel();
  const finds = k.code('finds', RET);
  const at = k.nextCode;
  // 1: mov %rbx,%r12; call finds; mov %rax,%rbx; test %rbx,%rbx; jne 1b; mov 0x18(%r12),%rax
  const head = [0x49, 0x89, 0xdc, ...call(at + 3n, finds), 0x48, 0x89, 0xc3, 0x48, 0x85, 0xdb, 0x75, 0xf0];
  k.code('takes_two', [...head, 0x49, 0x8b, 0x44, 0x24, 0x18, ...RET]);
  const chain = k.explain({ rip: at + 16n, rsp: SP, rbx: 0n, r12: 0x30n });
  const values = chain?.strands[0]?.steps.map((s) => s.value);
  assert.ok(
    values?.every((v) => v === 0x30n || v === undefined),
    String(values),
  );
});

test('arguments of a frame are what its own registers keep, else what the caller passed', () => {
  const k = kernel();
  const reads = k.code('reads', [0x31, 0xff, 0x48, 0x8b, 0x47, 0x18, ...RET]); // xor %edi,%edi; mov 0x18(%rdi),%rax
  const outer = k.nextCode;
  // push %rbx; mov %rdi,%rbx; mov %rbx,%rdi; call reads; pop %rbx; ret
  k.code('takes_two', [0x53, 0x48, 0x89, 0xfb, 0x48, 0x89, 0xdf, ...call(outer + 7n, reads), 0x5b, ...RET]);
  k.word(SP, outer + 12n);
  const prog = k.opened();
  const values = (all: Record<string, bigint>) => prog.arch.registers.map((name) => all[name]);
  const frame = (pc: bigint, sp: bigint, exact: boolean, registers: Record<string, bigint>): StackFrame => {
    const symbol = prog.symbolAt(pc - 1n);
    const known = values(registers);
    return { pc, lookupPc: exact ? pc : pc - 1n, sp, trust: 'orc', known, ...(symbol && { symbol }) };
  };
  const inner = { rip: reads + 2n, rsp: SP, rdi: 0n, rbx: DATA };
  const frames = [
    { ...frame(reads + 2n, SP, true, inner), registers: values(inner) },
    frame(outer + 12n, SP, false, { rip: outer + 12n, rbx: DATA }),
  ];
  const stack = { frames, complete: true };
  assert.deepEqual(
    frameArguments(prog, { stack, index: 0 }).map((a) => [a.name, a.value, a.how]),
    [['n', DATA, 'caller']],
  );
  assert.deepEqual(
    frameArguments(prog, { stack, index: 1 }).map((a) => [a.name, a.value, a.how]),
    [
      ['a', DATA, 'function'],
      ['b', undefined, undefined],
    ],
  );
});

test('code without a name, without memory, or in user space gives no explanation', () => {
  const k = kernel();
  assert.equal(k.explain({ rip: FaultKernel.TEXT + 0x7000n, rsp: SP }), undefined);
  assert.equal(k.explain({ rip: 0x40_0000n, rsp: 0x7fffn }), undefined);
});
