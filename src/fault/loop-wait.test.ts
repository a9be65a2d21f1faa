import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultKernel, relative } from '../../test/build/fault-kernel.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import type { StackFrame } from '../unwind/stack.ts';
import { frameOnStack } from './frame-on-stack.ts';
import { functionCode } from './function-code.ts';
import { type LoopWait, loopWait } from './loop-wait.ts';

const DATA = TestKernel.BASE + 0x30_0000n;
const RET = [0xc3];
const PAUSE = [0xf3, 0x90];

interface Made {
  readonly kernel: FaultKernel;
  readonly at: bigint;
}

/** A function, which begins with a load from DATA where it asks for one by its address. */
function made(code: (at: bigint) => readonly number[], words: readonly (readonly [bigint, bigint])[] = []): Made {
  const kernel = new FaultKernel(x86_64);
  kernel.fill(DATA, 0x1000);
  for (const [at, value] of words) kernel.word(at, value);
  const at = kernel.nextCode;
  kernel.code('waits', code(at));
  return { kernel, at };
}

/** mov DATA(%rip),%eax, at an address. */
function load(at: bigint, from = DATA): number[] {
  return [0x8b, 0x05, ...relative(at + 6n, from)];
}

function looks({ kernel, at }: Made, stop: number, registers: Record<string, bigint> = {}): LoopWait | undefined {
  const prog = kernel.opened();
  const pc = at + BigInt(stop);
  const values = prog.arch.registers.map((name) => ({ rip: pc, rsp: FaultKernel.STACK + 0x800n, ...registers })[name]);
  const code = functionCode(prog, pc);
  const frame: StackFrame = {
    ...{ pc, lookupPc: pc, sp: FaultKernel.STACK + 0x800n, trust: 'registers', registers: values, known: values },
  };
  const found = code && frameOnStack({ prog, cpu: 0, task: undefined }, code, frame);
  return found && loopWait(found);
}

// 0: mov DATA(%rip),%eax; 6: test $1,%al; 8: jne 11; 10: ret; 11: pause; 13: jmp 0
const ODD = (at: bigint) => [...load(at), 0xa8, 0x01, 0x75, 0x01, ...RET, ...PAUSE, 0xeb, 0xf1];

test('a loop that goes by a word of memory does not end while the word is as it is', () => {
  for (const stop of [0, 6, 11]) {
    assert.deepEqual(looks(made(ODD, [[DATA, 3n]]), stop, { rax: 3n })?.words, [{ address: DATA, size: 4, value: 3n }]);
  }
  // the register still has what was read before: memory counts
  assert.equal(looks(made(ODD, [[DATA, 4n]]), 6, { rax: 3n }), undefined);
});

test('a member of an object that a register keeps; a comparison with memory itself', () => {
  // 0: cmpl $0,0x10(%rbx); 4: je 0; 6: ret
  const code = () => [0x83, 0x7b, 0x10, 0x00, 0x74, 0xfa, ...RET];
  assert.deepEqual(looks(made(code), 0, { rbx: DATA })?.words, [{ address: DATA + 0x10n, size: 4, value: 0n }]);
  assert.equal(looks(made(code), 0), undefined);
  assert.equal(looks(made(code, [[DATA + 0x10n, 5n]]), 0, { rbx: DATA }), undefined);
});

test('only the inner loop counts where its word keeps control there', () => {
  const other = DATA + 0x100n;
  // 0: the inner loop until DATA is even; then out when the other word is not 0
  const code = (at: bigint) => [
    ...[...load(at), 0xa8, 0x01, 0x75, 0xf6], // 0 to 10
    ...[...load(at + 10n, other), 0x85, 0xc0, 0x74, 0xec, ...RET],
  ];
  assert.deepEqual(
    looks(made(code, [[DATA, 1n]]), 6)?.words.map((w) => w.address),
    [DATA],
  );
  assert.deepEqual(
    looks(made(code), 6)
      ?.words.map((w) => w.address)
      .sort(),
    [DATA, other],
  );
});

test('a loop that calls, counts or ends is not told', () => {
  const calls = (at: bigint) => [...load(at), 0xe8, ...relative(at + 11n, at), 0x85, 0xc0, 0x74, 0xf1, ...RET];
  assert.equal(looks(made(calls), 0), undefined);
  // incl 0x20(%rbx) in the loop
  const counts = () => [0xff, 0x43, 0x20, 0x83, 0x7b, 0x10, 0x00, 0x74, 0xf7, ...RET];
  assert.equal(looks(made(counts), 0, { rbx: DATA }), undefined);
  // dec %ecx; jne: what registers count down is not decided by memory
  const down = () => [0xff, 0xc9, 0x75, 0xfc, ...RET];
  assert.equal(looks(made(down), 0, { rcx: 5n }), undefined);
});

test('a loop that tests nothing has no word', () => {
  assert.deepEqual(
    looks(
      made(() => [...PAUSE, 0xeb, 0xfc]),
      0,
    ),
    { words: [] },
  );
});
