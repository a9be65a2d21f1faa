import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { dmiHardware } from './dmi.ts';
import { presentPages } from './node-memory.ts';
import { attempt } from './note-problem.ts';
import { panicFacts } from './panic.ts';
import { onlineCpus, possibleCpus, presentCpus } from './percpu.ts';
import { logRecords } from './printk.ts';
import { taintLetters, taintLine } from './taint.ts';
import { taskTable } from './task.ts';
import { kernelTime, tickRate } from './timekeeping.ts';
import { initUtsname } from './utsname.ts';

const MAX_COMMAND_LINE = 4096;
const MAX_BANNER = 1024;

/** The machine and its kernel; every field may be absent. */
export interface SystemFacts {
  readonly release?: string;
  /** `#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)` */
  readonly version?: string;
  readonly machine?: string;
  readonly nodename?: string;
  readonly domainname?: string;
  /** How many CPUs may exist, are plugged in, and run; a panic takes all but its own offline. */
  readonly cpusPossible?: number;
  readonly cpusPresent?: number;
  readonly cpusOnline?: number;
  /** Clock of the CPUs as the kernel measured it; x86 only. */
  readonly cpuMhz?: number;
  /** All memory of the machine that the kernel knows. */
  readonly memoryBytes?: Bytes;
  /** When it started, seconds since the epoch. */
  readonly bootTime?: number;
  /** When it crashed (or the dump was taken), seconds since the epoch. */
  readonly date?: number;
  /** By the clock; by the last message of the log where the clock cannot be found. */
  readonly uptimeSeconds?: number;
  /** Over 1, 5 and 15 minutes: `0.12`. */
  readonly loadAverage?: readonly [string, string, string];
  readonly taskCount?: number;
  readonly panicMessage?: string;
  /** Letters of what is set; the mask; and the kernel's own form with a place for every letter. */
  readonly tainted?: { readonly letters: string; readonly value: bigint; readonly line: string };
  /** `Linux version ...` with the compiler. */
  readonly linuxBanner?: string;
  readonly commandLine?: string;
  readonly dumpLevel?: number;
  readonly hz?: number;
  readonly pageSize: Bytes;
  readonly kaslrOffset?: bigint;
  /** What the log calls `Hardware name`. */
  readonly hostHardware?: string;
  readonly problems: readonly Problem[];
}

/** What is known of the machine and its kernel. Never throws for damage. */
export const systemFacts = perOwner((prog: Program): SystemFacts => {
  const problems: Problem[] = [];
  const get = <T>(what: string, read: () => T | undefined): T | undefined => attempt(problems, what, read);
  const { vmcoreinfo, memory } = prog;
  const text = (symbol: string, max: number): string | undefined => {
    const found = prog.findSymbol(symbol);
    return found && memory.cString(found.address, max);
  };
  const header = prog.image.header.utsname;
  const uts = get('utsname', () => initUtsname(prog));
  const banner =
    get('linux_banner', () => text('linux_banner', MAX_BANNER)?.trimEnd()) ?? logged(prog, 'Linux version ');
  const release = vmcoreinfo.release ?? uts?.release ?? header?.release;
  const time = prog.findType('timekeeper') && get('clock', () => kernelTime(prog));
  const date = vmcoreinfo.crashTime ?? time?.realSeconds ?? prog.image.header.timestampSeconds;
  const panic = panicFacts(prog);
  const tasks = taskTable(prog).tasks.length;
  const masked = prog.findSymbol('__cpu_possible_mask') !== undefined; // every kernel has it
  const facts = {
    release,
    version: uts?.version ?? header?.version ?? banner?.match(/#\d+ .*$/s)?.[0],
    machine: uts?.machine ?? header?.machine ?? prog.arch.name,
    nodename: uts?.nodename ?? header?.nodename,
    domainname: uts?.domainname ?? header?.domainname,
    cpusPossible: get('possible CPUs', () => (masked ? possibleCpus(prog).length : undefined)),
    cpusPresent: get('present CPUs', () => (masked ? presentCpus(prog).length : prog.image.header.cpuCount)),
    cpusOnline: get('online CPUs', () => (masked ? onlineCpus(prog).length : undefined)),
    cpuMhz: get('CPU clock', () => cpuMhz(prog)),
    memoryBytes: prog.findType('pglist_data') && get('memory size', () => presentPages(prog) * prog.pageSize),
    date,
    uptimeSeconds: time?.uptimeSeconds ?? lastLogged(prog),
    bootTime: time && time.realSeconds - time.uptimeSeconds,
    loadAverage: get('load average', () => loadAverage(prog)),
    taskCount: tasks > 0 ? tasks : undefined,
    panicMessage: panic.message,
    tainted: get('taint', () => tainted(prog)),
    linuxBanner: banner,
    commandLine: get('command line', () => commandLine(prog)),
    dumpLevel: prog.image.header.dumpLevel,
    hz: time && get('tick rate', () => tickRate(prog)),
    kaslrOffset: prog.map.kaslrOffset,
    hostHardware: get('hardware name', () => text('dump_stack_arch_desc_str', 128) || hardwareOf(prog)),
  };
  const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  return { ...(known as Omit<SystemFacts, 'pageSize' | 'problems'>), pageSize: prog.pageSize, problems };
});

/** The first line of the log that begins with `start`. */
function logged(prog: Program, start: string): string | undefined {
  return logRecords(prog)
    .records.find((record) => record.text.startsWith(start))
    ?.text.trimEnd();
}

function lastLogged(prog: Program): number | undefined {
  const last = logRecords(prog).records.at(-1);
  return last && Number(last.timestampNs) / 1e9;
}

/** What reports in the log call the machine; else what its firmware does, as dmi_format_ids puts it. */
function hardwareOf(prog: Program): string | undefined {
  const name = 'Hardware name: ';
  const line = logged(prog, name)?.slice(name.length);
  return line ?? dmiHardware(prog);
}

/** `cpu_khz`, arch/x86/kernel/tsc.c */
function cpuMhz(prog: Program): number | undefined {
  const symbol = prog.findSymbol('cpu_khz');
  const khz = symbol ? prog.memory.u32(symbol.address) : 0;
  return khz > 0 ? Math.floor(khz / 1000) : undefined;
}

/** `avenrun[]` is fixed point with 11 bits (FSHIFT); /proc/loadavg rounds to the nearest hundredth (get_avenrun). */
function loadAverage(prog: Program): [string, string, string] | undefined {
  const symbol = prog.findSymbol('avenrun');
  if (!symbol) return undefined;
  const one = (i: number): string => {
    const load = prog.memory.ulong(addrAdd(symbol.address, i * prog.arch.pointerSize)) + 2048n / 200n;
    return `${load >> 11n}.${String(((load & 2047n) * 100n) >> 11n).padStart(2, '0')}`;
  };
  return [one(0), one(1), one(2)];
}

function tainted(prog: Program): SystemFacts['tainted'] {
  const symbol = prog.findSymbol('tainted_mask');
  if (!symbol) return undefined;
  const value = prog.memory.ulong(symbol.address);
  return { letters: taintLetters(prog, value), value, line: taintLine(prog, value) };
}

/** `saved_command_line` is a pointer; `boot_command_line` an array in memory that is given up after start. */
function commandLine(prog: Program): string | undefined {
  const saved = prog.findSymbol('saved_command_line');
  return saved && prog.memory.cString(prog.memory.ulong(saved.address), MAX_COMMAND_LINE).trimEnd();
}
