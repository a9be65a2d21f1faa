import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { RingWriter } from '../../test/build/log-writer.ts';
import { onlineCpus, perCpu, possibleCpus, presentCpus } from './percpu.ts';
import { systemFacts } from './system.ts';
import { kernelTime, tickRate } from './timekeeping.ts';

function utsname(memory: KernelMemory, at: bigint): void {
  ['Linux', 'host', '4.19.0-27-amd64', '#1 SMP Debian 4.19.316-1', 'x86_64', '(none)'].forEach((text, i) => {
    memory.text(at + BigInt(i * 65), text);
  });
}

test('a kernel without types and symbols: names by VMCOREINFO, banner and uptime by the log', () => {
  const memory = new KernelMemory();
  const uts = memory.alloc(512);
  utsname(memory, uts + 4n); // behind a kref
  memory.vmcoreinfo(`SYMBOL(init_uts_ns)=${uts.toString(16)}`, 'CRASHTIME=1700000000');
  const ring = new RingWriter(memory, 3, 9);
  ring.add('Linux version 4.19.0-27-amd64 (gcc)');
  ring.add('Hardware name: ACME Board, BIOS 1.2');
  ring.add('last');
  const facts = systemFacts(memory.program());
  assert.equal(facts.release, 'test');
  assert.equal(facts.version, '#1 SMP Debian 4.19.316-1');
  assert.equal(facts.machine, 'x86_64');
  assert.equal(facts.nodename, 'host');
  assert.equal(facts.linuxBanner, 'Linux version 4.19.0-27-amd64 (gcc)');
  assert.equal(facts.hostHardware, 'ACME Board, BIOS 1.2');
  assert.equal(facts.date, 1_700_000_000);
  assert.equal(facts.uptimeSeconds, 0.002);
  assert.equal(facts.taskCount, undefined);
});

test('load, taint, command line', () => {
  const memory = new KernelMemory();
  const load = memory.symbol('avenrun', memory.alloc(24));
  [778, 0, 2048 * 12 + 2047].forEach((value, i) => {
    memory.u64(load + BigInt(i * 8), value);
  });
  memory.u64(memory.symbol('tainted_mask', memory.alloc(8)), 0x3080);
  memory.u64(memory.symbol('saved_command_line', memory.alloc(8)), memory.string('console=ttyS0 panic=0 '));
  const facts = systemFacts(memory.program());
  assert.deepEqual(facts.loadAverage, ['0.38', '0.00', '13.00']);
  assert.deepEqual(facts.tainted, { letters: 'DOE', value: 0x3080n, line: 'G      D    OE      ' });
  assert.equal(facts.commandLine, 'console=ttyS0 panic=0');
});

test('the letters of the kernel itself go before the documented ones', () => {
  const memory = new KernelMemory();
  memory.type('taint_flag', 16, { c_true: [0, 1], c_false: [1, 1] });
  const flags = memory.symbol('taint_flags', memory.alloc(16 * 18), 16 * 18);
  [...'PFSRMBUDAWCIOELKXZ'].forEach((letter, i) => {
    memory.text(flags + BigInt(i * 16), letter + (i === 0 ? 'G' : ' '));
  });
  memory.u64(memory.symbol('tainted_mask', memory.alloc(8)), 1n << 17n);
  assert.equal(systemFacts(memory.program()).tainted?.letters, 'Z');
});

const SECONDS = 1_795_355_550;

function clock(memory: KernelMemory, at: bigint): void {
  memory.type('timekeeper', 128, {
    'tkr_mono.shift': [28, 4],
    'tkr_mono.xtime_nsec': 32,
    'tkr_mono.clock': 0,
    xtime_sec: 56,
    offs_real: 72,
    offs_boot: 80,
  });
  memory.u64(at, memory.alloc(8));
  memory.u32(at + 28n, 8);
  memory.u64(at + 32n, 250_000_000n << 8n);
  memory.u64(at + 56n, SECONDS);
  memory.u64(at + 72n, (BigInt(SECONDS) - 100n) * 1_000_000_000n);
  memory.u64(at + 80n, 5_000_000_000n); // suspended for five seconds
}

test('the clock, wherever the kernel keeps it, and its tick rate', () => {
  const places: ((memory: KernelMemory) => bigint)[] = [
    (m) => m.symbol('shadow_timekeeper', m.alloc(128)),
    (m) => m.symbol('tk_core', m.alloc(256)) + 8n,
    (m) => {
      m.type('tk_data', 512, { timekeeper: 8 });
      return m.symbol('timekeeper_data', m.alloc(512)) + 8n;
    },
  ];
  for (const place of places) {
    const memory = new KernelMemory();
    clock(memory, place(memory));
    const prog = memory.program();
    assert.deepEqual(kernelTime(prog), {
      realSeconds: SECONDS + 0.25,
      monotonicSeconds: 100.25,
      uptimeSeconds: 105.25,
    });
    memory.u64(memory.symbol('jiffies_64', memory.alloc(8)), 0x100000000 - 300 * 250 + 25_062);
    assert.equal(tickRate(memory.program()), 250);
  }
});

test('CPUs and their data', () => {
  const memory = new KernelMemory();
  const areas = memory.cpus(70);
  memory.u64(memory.kernel.symbols.find((s) => s.name === '__cpu_online_mask')?.address as bigint, 0b101);
  memory.symbol('counter', 0x40n);
  const prog = memory.program();
  assert.equal(possibleCpus(prog).length, 64 + 0); // the mask of the writer fills one word
  assert.deepEqual(onlineCpus(prog), [0, 2]);
  assert.equal(presentCpus(prog).length, 64);
  assert.equal(perCpu(prog, 'counter', 69), (areas[69] as bigint) + 0x40n);
});
