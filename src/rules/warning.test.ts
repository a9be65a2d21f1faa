import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MadeDeath, madeCase } from '../../test/build/made-case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { NO_CONDITION } from '../fault/assertion.ts';
import type { FaultChain } from '../fault/chain.ts';
import { allocatorReported } from './allocator-report.ts';
import { warning } from './warning.ts';

const PANIC = 'Kernel panic - not syncing: kernel: panic_on_warn set ...';
const CUT = '------------[ cut here ]------------';
const LINE = 'WARNING: CPU: 1 PID: 225 at mm/thing.c:665 checks_thing+0xa1/0x120';

const run = (rule: Rule, death: MadeDeath) => [...rule.check(madeCase(death))];

test('the words of a warning that stopped the kernel, and which module led there', () => {
  const frames = [
    { symbol: 'checks_thing', registers: {} },
    { symbol: 'takes_thing' },
    { symbol: 'starts', module: 'm' },
    { symbol: 'entry' },
  ];
  const log = ['before', CUT, 'things: that is none', LINE, PANIC];
  const [finding] = run(warning, { log, frames, panic: PANIC });
  assert.match(finding?.title.en ?? '', /^Warning in checks_thing, called by starts \[m\]$/);
  assert.match(finding?.sentence.en ?? '', /mm\/thing\.c:665\): "things: that is none"/);
  assert.deepEqual(finding?.subject, { function: 'starts', module: 'm' });
  assert.deepEqual(
    finding?.evidence.map((e) => e.value),
    ['things: that is none', LINE],
  );
});

test('a warning without words is told by its condition; nobody else is accused of what a function of a module warns of', () => {
  const chain: FaultChain = {
    ...{ kind: 'assertion', function: 'checks_thing', expression: 't->count < 0', summary: { en: '', zh: '' } },
    ...{ strands: [], pointers: [] },
  };
  const frames = [
    { symbol: 'checks_thing', module: 'k', registers: {} },
    { symbol: 'starts', module: 'm' },
  ];
  const log = [CUT, LINE.replace('CPU: 1 PID: 225 ', ''), PANIC];
  const [finding] = run(warning, { log, frames, panic: PANIC, chain });
  assert.match(finding?.sentence.en ?? '', /warned \(mm\/thing\.c:665\), because `t->count < 0`/);
  assert.deepEqual(finding?.subject, { function: 'checks_thing', module: 'k' });
});

test('a warning that the kernel survived is not why it died', () => {
  const frames = [{ symbol: 'checks_thing', registers: {} }];
  assert.deepEqual(
    run(warning, { log: [CUT, LINE], frames, panic: 'Kernel panic - not syncing: Fatal exception' }),
    [],
  );
  assert.deepEqual(run(warning, { log: ['nothing'], frames, panic: PANIC }), []);
});

test('a slab cache that is destroyed while objects of it are in use', () => {
  const log = [
    'BUG things (Not tainted): Objects remaining in things on __kmem_cache_shutdown()',
    'kmem_cache_destroy things: Slab cache still has objects when called from leaves+0x40/0x60 [m]',
  ];
  const [finding] = run(allocatorReported, { log, frames: [{ symbol: 'kmem_cache_destroy' }] });
  assert.match(finding?.sentence.en ?? '', /slab cache things was destroyed by leaves\+0x40\/0x60 \[m\] while objects/);
  assert.deepEqual(finding?.subject, { function: 'leaves', module: 'm', cache: 'things' });
});

test('who destroyed a cache with objects is told by the stack where the kernel has not come to say it', () => {
  const log = ['BUG things (Tainted: G    OE     ): Objects remaining on __kmem_cache_shutdown()'];
  const frames = [
    { symbol: '__slab_err', registers: {} },
    { symbol: '__kmem_cache_shutdown.cold' },
    { symbol: 'kmem_cache_destroy' },
    { symbol: 'leaves', module: 'm' },
  ];
  const [finding] = run(allocatorReported, { log, frames });
  assert.match(finding?.sentence.en ?? '', /slab cache things was destroyed by leaves \[m\] while objects/);
  assert.deepEqual(finding?.subject, { function: 'leaves', module: 'm', cache: 'things' });
  const [unknown] = run(allocatorReported, { log, frames: frames.slice(0, 2) });
  assert.match(unknown?.sentence.en ?? '', /slab cache things was destroyed while objects/);
});

test('a warning that comes whatever happens has no condition', () => {
  const chain: FaultChain = {
    ...{ kind: 'assertion', function: 'tells', expression: NO_CONDITION, summary: { en: '', zh: '' } },
    ...{ strands: [], pointers: [] },
  };
  const [finding] = run(warning, {
    log: [LINE, PANIC],
    frames: [{ symbol: 'tells', registers: {} }],
    chain,
    panic: PANIC,
  });
  assert.doesNotMatch(finding?.sentence.en ?? '', /because/);
});

test('the words of every form in which kernels state where they warned', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['WARNING: CPU: 1 PID: 225 at mm/thing.c:665 checks_thing+0xa1/0x120', 'mm/thing.c:665'],
    ['WARNING: mm/thing.c:665 at checks_thing+0xa1/0x120 [m], CPU#1: app/225', 'mm/thing.c:665'],
    ['WARNING: at checks_thing+0xa1/0x120, CPU#1: app/225', 'checks_thing+0xa1/0x120'],
  ];
  for (const [line, place] of forms) {
    const frames = [{ symbol: 'checks_thing', registers: {} }];
    const [finding] = run(warning, { log: [CUT, 'that is none', line, PANIC], frames, panic: PANIC });
    assert.ok(finding?.sentence.en.includes(`warned (${place}): "that is none"`), finding?.sentence.en ?? line);
  }
});

test('what is known of an assertion is told, with the module that jumped or called there', () => {
  const chain: FaultChain = {
    ...{ kind: 'assertion', function: '__queue_work', expression: 'work->entry.next != &work->entry' },
    ...{ summary: { en: '', zh: '' }, strands: [], pointers: [] },
  };
  const frames = [
    { symbol: '__queue_work.part.0', registers: {} },
    { symbol: 'queue_work_on' },
    { symbol: 'polls', module: 'm' },
  ];
  const line = 'WARNING: CPU: 0 PID: 2 at kernel/workqueue.c:2360 __queue_work.part.0+0x2c8/0x3b0';
  const [finding] = run(warning, { log: [CUT, line, PANIC], frames, panic: PANIC, chain });
  assert.match(
    finding?.sentence.en ?? '',
    /called by polls \[m\]: a work was queued whose list entry is no empty list/,
  );
  const other = { ...chain, expression: 'wq->flags & 0x8000' };
  const [draining] = run(warning, { log: [CUT, line, PANIC], frames, panic: PANIC, chain: other });
  assert.match(draining?.sentence.en ?? '', /a workqueue that is being destroyed or drained/);
});
