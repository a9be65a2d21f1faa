import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openCase } from '../src/diagnosis/open-case.ts';
import { logRecords } from '../src/kernel/printk.ts';
import { taskTable } from '../src/kernel/task.ts';
import type { PhysicalMemory } from '../src/memory/physical.ts';
import { chunkOf, readByChunks } from '../src/memory/physical.ts';
import { openProgram } from '../src/open.ts';
import type { DumpImage, UnwindSupport } from '../src/program/ports.ts';
import type { Program } from '../src/program/program.ts';
import { stackMemory } from '../src/unwind/stack-memory.ts';
import { patchedMemory, watchedMemory } from './build/patched-memory.ts';
import { openSample, SAMPLES } from './build/sample-dump.ts';

/** What one place has lost is found in another. */
const PAGE = 4096;

function withWord(prog: Program, address: bigint, value: bigint): PhysicalMemory {
  const place = prog.map.translate(address);
  assert.ok(typeof place !== 'string');
  const pfn = Math.floor(place.phys / PAGE);
  const page = new Uint8Array(PAGE);
  prog.physical.read(pfn * PAGE, page);
  new DataView(page.buffer).setBigUint64(place.phys % PAGE, value, true);
  return patchedMemory(prog.physical, new Map([[pfn, page]]));
}

function withoutFrames(memory: PhysicalMemory, lost: ReadonlySet<number>): PhysicalMemory {
  const chunk: PhysicalMemory['chunk'] = (at) => (lost.has(Math.floor(at / PAGE)) ? 'excluded' : memory.chunk(at));
  return { chunk, read: (at, into) => readByChunks({ chunk }, at, into), ranges: () => memory.ranges() };
}

/** No text of VMCOREINFO anywhere. */
function withoutInfo(image: DumpImage): DumpImage {
  const blank = new Map<number, Uint8Array>();
  for (const { start, end } of image.memory.ranges()) {
    for (let at = start; at < end; at += PAGE) {
      const chunk = image.memory.chunk(at);
      if (typeof chunk === 'string') continue;
      const text = Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset + at - chunk.start, 10).toString('latin1');
      if (text === 'OSRELEASE=') blank.set(at / PAGE, new Uint8Array(PAGE));
    }
  }
  const { vmcoreinfo: _, ...rest } = image;
  return { ...rest, memory: patchedMemory(image.memory, blank) };
}

const tasksOf = (prog: Program): string[] => taskTable(prog).tasks.map((t) => `${t.pid} ${t.comm} ${t.state}`);
const framesOf = (prog: Program): string[] =>
  (openCase(prog).stack?.frames ?? []).map((f) => `${f.symbol}+${f.offset}`);

for (const name of SAMPLES) {
  const { image, close } = openSample(name);
  after(close);
  const whole = openProgram(image);

  test(`${name}: the log without its ring is put together from its pieces`, () => {
    const prb = whole.vmcoreinfo.symbol('prb');
    assert.ok(prb !== undefined);
    const { records, problems } = logRecords(openProgram({ ...image, memory: withWord(whole, prb, 0x1234n) }));
    const brief = (r: (typeof records)[number]) => [r.sequence, r.timestampNs, r.level, r.facility, r.caller, r.text];
    assert.deepEqual(records.map(brief), logRecords(whole).records.map(brief));
    assert.equal(problems.length, 2);
    assert.match(problems[1]?.why ?? '', /^\d+ records found in memory by their shape$/);
  });

  test(`${name}: texts of the log without their headers`, () => {
    const vmcoreinfo = (image.vmcoreinfo ?? '').replace(/^.*(?:printk_info|SYMBOL\(prb\)).*\n/gm, '');
    const { records } = logRecords(openProgram({ ...image, vmcoreinfo }));
    const found = new Set(records.map((r) => r.text));
    const all = logRecords(whole).records;
    const kept = all.filter((r) => found.has(r.text)).length;
    assert.ok(kept > all.length * 0.9, `${kept} of ${all.length}`);
  });

  test(`${name}: tasks are found in memory when nothing leads to them`, () => {
    const symbols = ['init_task', 'init_pid_ns', 'task_struct_cachep', '__per_cpu_offset', 'runqueues'];
    const lost = symbols.flatMap((s) => {
      const at = whole.findSymbol(s)?.address;
      const place = at === undefined ? undefined : whole.map.translate(at);
      return typeof place === 'object' ? [Math.floor(place.phys / PAGE)] : [];
    });
    const prog = openProgram({ ...image, memory: withoutFrames(image.memory, new Set(lost)) });
    const { tasks } = taskTable(prog);
    const found = new Set(tasks.map((t) => `${t.pid} ${t.comm} ${t.address}`));
    const missing = taskTable(whole).tasks.filter((t) => !t.idle && !found.has(`${t.pid} ${t.comm} ${t.address}`));
    assert.deepEqual(
      missing.map((t) => t.comm),
      [],
    );
    assert.ok(tasks.length <= taskTable(whole).tasks.length, 'and no others');
  });

  test(`${name}: a kernel without VMCOREINFO is found by its page tables`, () => {
    const prog = openProgram(withoutInfo(image));
    assert.equal(prog.vmcoreinfo.release, whole.vmcoreinfo.release);
    assert.equal(prog.pageSize, whole.pageSize);
    assert.equal(prog.map.root, whole.map.root);
    assert.equal(prog.map.directMap(0), whole.map.directMap(0));
    assert.deepEqual(tasksOf(prog), tasksOf(whole));
    assert.deepEqual(framesOf(prog), framesOf(whole));
    const texts = (p: Program): string[] => logRecords(p).records.map((r) => r.text);
    assert.deepEqual(texts(prog), texts(whole));
    assert.match(prog.problems()[0]?.why ?? '', /found by its page tables/);
  });

  test(`${name}: no number of VMCOREINFO is too large`, () => {
    const text = image.vmcoreinfo ?? '';
    for (const n of ['99999999999999999999', '-99999999999999999999']) {
      const vmcoreinfo = text.replace(/^((?:NUMBER|OFFSET|SIZE|LENGTH)\(.*\)=).*$/gm, `$1${n}`);
      try {
        openProgram({ ...image, vmcoreinfo });
      } catch (e) {
        assert.equal((e as Error).name, 'AnalysisError', (e as Error).stack);
      }
    }
  });
}

test('x86-64: without its own page tables the kernel is mapped by those of a process', () => {
  const { image, close } = openSample('amd64-6.1-softirq');
  after(close);
  const whole = openProgram(image);
  const memory = withoutFrames(image.memory, new Set([whole.map.root / PAGE]));
  for (const one of [{ ...image, memory }, withoutInfo({ ...image, memory })]) {
    const prog = openProgram(one);
    assert.notEqual(prog.map.root, whole.map.root);
    assert.ok(!prog.map.unproved);
    assert.deepEqual(tasksOf(prog), tasksOf(whole));
    assert.deepEqual(framesOf(prog), framesOf(whole));
  }
});

test('x86-64: what a CPU ran is known without its run queue', () => {
  const { image, close } = openSample('amd64-6.1-softirq');
  after(close);
  const whole = openProgram(image);
  const crashed = openCase(whole).crashed;
  assert.ok(crashed);
  const offsets = whole.symbol('__per_cpu_offset') + BigInt(crashed.cpu * 8);
  const start = whole.memory.ulong(offsets) + whole.symbol('runqueues');
  const frames = new Set<number>();
  for (let at = start; at < start + 0x1000n; at += 0x1000n) {
    const place = whole.map.translate(at);
    if (typeof place !== 'string') frames.add(Math.floor(place.phys / PAGE));
  }
  const prog = openProgram({ ...image, memory: withoutFrames(image.memory, frames) });
  const found = openCase(prog).crashed;
  assert.equal(found?.pid, crashed.pid);
  assert.equal(found.active, true);
  assert.deepEqual(framesOf(prog)[0], framesOf(whole)[0]);
});

test('x86-64: a kernel without VMCOREINFO is found behind more memory than is searched', () => {
  const { image, close } = openSample('amd64-6.1-softirq');
  after(close);
  const whole = openProgram(image);
  const blank = withoutInfo(image);
  const far = { start: 2 ** 40, end: 2 ** 40 + 5 * 2 ** 30 };
  const page = chunkOf(0, new Uint8Array(PAGE));
  const memory: PhysicalMemory = {
    chunk: (at) => (at >= far.start ? { ...page, start: at - (at % PAGE) } : blank.memory.chunk(at)),
    read: (at, into) => readByChunks(memory, at, into),
    ranges: () => [far, ...blank.memory.ranges()],
  };
  const prog = openProgram({ ...blank, memory });
  assert.equal(prog.map.root, whole.map.root);
  assert.equal(prog.vmcoreinfo.release, whole.vmcoreinfo.release);
});

test('x86-64: a stack whose page table is lost is read by the list of its pages', () => {
  const { image, close } = openSample('amd64-6.1-softirq');
  after(close);
  const whole = openProgram(image);
  // a kernel thread that sleeps, on a stack of its own
  const task = taskTable(whole).tasks.find((t) => t.comm === 'kthreadd');
  assert.ok(task);
  const stack = whole.memory.ulong(task.address + BigInt(whole.offset('task_struct', 'stack')));
  const used: number[] = [];
  openProgram({ ...image, memory: watchedMemory(image.memory, (pfn) => used.push(pfn)) }).map.translate(stack);
  const table = used.at(-1);
  assert.ok(table !== undefined);
  const damaged = openProgram({ ...image, memory: withoutFrames(image.memory, new Set([table])) });
  assert.equal(typeof damaged.map.translate(stack), 'string', 'the table is lost');
  const memory = (prog: Program) => stackMemory(prog, prog.arch.unwind as UnwindSupport, task.address, undefined);
  const words = (prog: Program) =>
    Array.from({ length: 64 }, (_, i) => memory(prog).word(stack + BigInt(0x3e00 + i * 8)));
  assert.ok(words(whole).some((w) => w !== undefined && w > 0n));
  assert.deepEqual(words(damaged), words(whole));
});
