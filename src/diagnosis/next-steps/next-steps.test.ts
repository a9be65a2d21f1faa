import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeUpFacts, madeUpFinding } from '../../../test/build/made-up-facts.ts';
import type { NextStep } from '../../report/next-step.ts';
import { parseCrashkernel, reservedFor } from './crashkernel-syntax.ts';
import { nextSteps } from './next-steps.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const ids = (steps: readonly NextStep[]): string[] => steps.map((s) => s.id);
const texts = (steps: readonly NextStep[], id: string): string =>
  (steps.find((s) => s.id === id)?.texts ?? []).map((t) => t.text).join('\n');

test('crashkernel: ranges are read as the kernel reads them', () => {
  const ranges = parseCrashkernel('2G-4G:320M,4G-32G:512M,32G-64G:1024M,64G-128G:2048M,128G-:4096M');
  assert.equal(ranges.length, 5);
  assert.equal(reservedFor(ranges, 1 * GIB), undefined);
  assert.equal(reservedFor(ranges, 3 * GIB), 320 * MIB);
  assert.equal(reservedFor(ranges, 16 * GIB), 512 * MIB);
  assert.equal(reservedFor(ranges, 1024 * GIB), 4096 * MIB);
  assert.equal(reservedFor(ranges, 4 * GIB - 10 * MIB), 512 * MIB, 'memory is rounded up to 128 MiB');
  assert.equal(reservedFor(parseCrashkernel('256M@16M'), GIB), 256 * MIB);
  assert.equal(reservedFor(parseCrashkernel('512M,high'), GIB), 512 * MIB);
  assert.deepEqual(parseCrashkernel('nonsense'), []);
  assert.deepEqual(parseCrashkernel('4G-2G:1M'), []);
});

test('a double free: its cache is watched, its frees are traced, and the cost is counted', () => {
  const facts = madeUpFacts({ findings: [madeUpFinding({ cache: 'ext4_inode_cache', module: 'third' })] });
  const steps = nextSteps(facts);
  assert.ok(texts(steps, 'slub-debug').startsWith('slub_debug=UFPZ,ext4_inode_cache'));
  const cost = steps.find((s) => s.id === 'slub-debug')?.cost?.en ?? '';
  assert.match(
    cost,
    /About 88 bytes for each object of 1096 bytes: with the 5000 objects of this dump about 429\.7 KB/,
  );
  assert.ok(texts(steps, 'bpftrace-frees').includes('== "ext4_inode_cache"'));
  assert.ok(ids(steps).includes('bpftrace-unlink'));
  assert.ok(texts(steps, 'module-experiment').startsWith('module_blacklist=third'));
  for (const id of ['kfence', 'kasan', 'search-fix']) assert.ok(ids(steps).includes(id), id);
  assert.ok(!ids(steps).includes('lockdep'));
});

test('frees are traced where an object was freed wrongly, not where it was written over', () => {
  const made = madeUpFinding({ cache: 'things' });
  const stray = { ...made, rule: 'list.corruption' };
  const beyond = {
    ...made,
    rule: 'slab.report',
    title: { en: 'Access beyond an object of things', zh: 'things 的越界访问' },
  };
  for (const finding of [stray, beyond]) {
    assert.ok(!ids(nextSteps(madeUpFacts({ findings: [finding] }))).includes('bpftrace-frees'), finding.rule);
  }
  const twice = {
    ...made,
    rule: 'slab.report',
    title: { en: 'Double free of things, reported by SLUB', zh: 'SLUB 报告' },
  };
  assert.ok(ids(nextSteps(madeUpFacts({ findings: [twice] }))).includes('bpftrace-frees'));
});

test('what is there already is not proposed again', () => {
  const findings = [madeUpFinding({ cache: 'ext4_inode_cache' })];
  for (const parameter of ['slub_debug=UFPZ,ext4_inode_cache', 'slub_debug', 'slab_debug=FU,ext4_*', 'slub_debug=U']) {
    const steps = nextSteps(madeUpFacts({ findings, commandLine: `quiet ${parameter}` }));
    assert.ok(!ids(steps).includes('slub-debug'), parameter);
  }
  for (const parameter of ['slub_debug=UFPZ,dentry', 'slub_debug=FZ', 'slub_debug=-']) {
    const steps = nextSteps(madeUpFacts({ findings, commandLine: parameter }));
    assert.ok(ids(steps).includes('slub-debug'), parameter);
  }
});

test('a death that was asked for, and one that no rule explains, need nothing', () => {
  const asked = { ...madeUpFinding({}), rule: 'policy.sysrq', severity: 'context' as const };
  assert.deepEqual(ids(nextSteps(madeUpFacts({ findings: [asked], memory: { SwapTotal: 100, MemTotal: 1000 } }))), []);
  assert.deepEqual(ids(nextSteps(madeUpFacts({ findings: [], memory: { SwapTotal: 100, MemTotal: 1000 } }))), []);
});

test('short of memory without swap: swap of a fitting size, and what misleads is said', () => {
  const finding = { ...madeUpFinding({}), rule: 'memory.exhausted' };
  const steps = nextSteps(
    madeUpFacts({ findings: [finding], memory: { MemTotal: 8 * MIB, MemFree: 100_000, SwapTotal: 0 } }),
  );
  assert.ok(texts(steps, 'swap').includes('fallocate -l 8192M /swapfile'));
  const sysctls = steps.find((s) => s.id === 'memory-sysctls');
  assert.match(sysctls?.why.en ?? '', /vm\.overcommit_memory=2/);
  assert.match(texts(steps, 'memory-sysctls'), /vm\.min_free_kbytes=83886$/m);
});

test('a deadlock, a hang, an overflow, a flipped bit', () => {
  const of = (rule: string): string[] => ids(nextSteps(madeUpFacts({ findings: [{ ...madeUpFinding({}), rule }] })));
  for (const id of ['lockdep', 'stuck-sysctls', 'bpftrace-locks']) assert.ok(of('wait.deadlock').includes(id), id);
  assert.ok(of('stack.overflow').includes('stack-depth'));
  assert.ok(of('hardware.bit-flip').includes('memory-test'));
});

test('memory that waits for RCU: the stall is what the next dump must catch, not memory', () => {
  const findings = ['memory.rcu-callbacks', 'memory.oom-panic', 'memory.slab-growth'].map((rule) => ({
    ...madeUpFinding({}),
    rule,
  }));
  const steps = nextSteps(madeUpFacts({ findings, memory: { MemTotal: 8 * MIB, MemFree: 1000, SwapTotal: 100 } }));
  assert.match(texts(steps, 'stuck-sysctls'), /^kernel\.panic_on_rcu_stall = 1$/m);
  for (const id of ['memory-sysctls', 'leak-watch']) assert.ok(!ids(steps).includes(id), id);
  const [hang] = nextSteps(madeUpFacts({ findings: [{ ...madeUpFinding({}), rule: 'wait.hang' }] }));
  assert.doesNotMatch(hang?.texts.map((t) => t.text).join('\n') ?? '', /rcu/);
});

test('a dump that is cut off asks for a larger crashkernel', () => {
  const missing = [{ what: 'dump file', why: 'its end, which was needed, is cut off', remedy: null }];
  const steps = nextSteps(madeUpFacts({ findings: [], missing, commandLine: 'crashkernel=2G-4G:128M,4G-:192M' }));
  assert.equal(texts(steps, 'crashkernel').split('\n')[0], 'crashkernel=384M');
});

test('no name of a damaged dump gets into a text that is meant to be typed', () => {
  const bad = `x"; system("id"); //`;
  const facts = madeUpFacts({
    findings: [madeUpFinding({ cache: bad, module: '$(reboot)' })],
    tainting: ['$(reboot)'],
  });
  for (const step of nextSteps(facts)) {
    for (const { text } of step.texts) assert.ok(!text.includes('system(') && !text.includes('$('), step.id);
  }
});

test('every step has its risk and its undoing in both languages', () => {
  const rules = [
    'slab.double-free',
    'memory.exhausted',
    'wait.deadlock',
    'stack.overflow',
    'hardware.bit-flip',
    'slab.page-gone',
    'memory.slab-growth',
    'fs.error',
  ];
  const findings = rules.map((rule) => ({ ...madeUpFinding({ cache: 'ext4_inode_cache', module: 'third' }), rule }));
  const steps = nextSteps(madeUpFacts({ findings, memory: { MemTotal: 8 * MIB, MemFree: 1000, SwapTotal: 0 } }));
  assert.ok(steps.length >= 14, ids(steps).join(' '));
  for (const s of steps) {
    for (const phrase of [s.title, s.why, s.risk, s.undo]) {
      assert.ok(phrase.en.length > 5 && /[\u4e00-\u9fff]|sysctl/.test(phrase.zh), s.id);
    }
  }
});

test('what was pending when its memory ended: timers, works and callbacks of RCU are checked', () => {
  const made = madeUpFinding({});
  const gone = { ...made, rule: 'stack.object-gone' };
  const warned = { ...made, rule: 'death.warning', title: { en: 'Warning in rcu_do_batch', zh: '' } };
  for (const finding of [gone, warned]) {
    const steps = nextSteps(madeUpFacts({ findings: [finding] }));
    assert.match(texts(steps, 'debug-objects'), /CONFIG_DEBUG_OBJECTS_TIMERS=y/);
  }
  const other = { ...made, rule: 'death.warning', title: { en: 'Warning in something', zh: '' } };
  assert.ok(!ids(nextSteps(madeUpFacts({ findings: [other] }))).includes('debug-objects'));
});
