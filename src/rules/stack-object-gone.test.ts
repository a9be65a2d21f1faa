import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitWriter } from '../../test/build/wait-writer.ts';
import type { Case } from '../diagnosis/case.ts';
import type { FaultStep } from '../fault/chain.ts';
import type { Finding } from '../report/finding.ts';
import { stackObjectGone } from './stack-object-gone.ts';

const TEXT = { en: 'a reads b', zh: 'a 读 b' };
const LINE = 'general protection fault, probably for non-canonical address 0x5a3c5a3c5a3c009f: 0000 [#1] SMP';

/** Death in a timer's softirq, which read a bad value from `at`. */
function check(make: (made: WaitWriter) => { at: bigint; own?: bigint }): Finding[] {
  const made = new WaitWriter();
  const { at, own } = make(made);
  const step = (more: Partial<FaultStep>): FaultStep => ({
    ...{ function: '__run_timers', address: 0n, place: '__run_timers+0x1', instruction: 'mov', what: TEXT },
    ...{ expression: 'a', confidence: 'certain', evidence: [], ...more },
  });
  const steps = [
    step({ value: 0x5a3c5a3c5a3c0097n }),
    step({ value: 0x5a3c5a3c5a3c0097n, readFrom: { address: at, size: 8 } }),
    step({ value: at, type: 'struct timer_list *' }),
  ];
  const of = {
    prog: made.program(),
    panic: { how: 'test' },
    log: [],
    fatalLines: [LINE],
    site: { symbol: '__run_timers', module: null, pc: '0x1' },
    place: { index: 0, context: own === undefined ? 'softirq' : 'process' },
    crashed: own === undefined ? undefined : { address: own },
    chain: {
      kind: 'access',
      function: '__run_timers',
      expression: 'a',
      summary: TEXT,
      pointers: [],
      strands: [{ steps, stopped: TEXT }],
    },
  } as unknown as Case;
  return [...stackObjectGone.check(of)];
}

const FRAMES = ['__schedule', 'schedule', 'msleep', 'other_call', 'starts', 'kthread'];

test('a timer on the stack of a task whose function has returned', () => {
  const [finding] = check((made) => ({ at: made.waits(10, 'app', FRAMES).locals }));
  assert.match(
    finding?.sentence.en ?? '',
    /on the kernel stack of app \(pid 10\), .*: the timer_list was put there by a function/,
  );
  assert.equal(finding?.subject?.type, 'timer_list');
  assert.ok(finding?.evidence.some((e) => e.command?.startsWith('kmem ')));
  assert.ok(finding?.explains?.includes('call.bad'));
});

test('memory that is on no stack, and the stack of who died', () => {
  assert.deepEqual(
    check((made) => ({ at: made.memory.alloc(64) })),
    [],
  );
  const own = check((made) => {
    const task = made.waits(10, 'app', FRAMES);
    return { at: task.locals, own: task.task };
  });
  assert.deepEqual(own, []);
});
