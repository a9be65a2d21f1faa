import { AnalysisError, NotFoundError } from '../../src/base/errors.ts';
import { Lazy } from '../../src/base/lazy.ts';
import { logRecords } from '../../src/kernel/printk.ts';
import { taskTable } from '../../src/kernel/task.ts';
import { taskSlabObjects } from '../../src/kernel/task-slab-scan.ts';
import { HostDebugInfo } from '../../src/node/debug-info.ts';
import { openDump } from '../../src/node/open-dump.ts';
import type { Program } from '../../src/program/program.ts';
import { FullSession } from '../../src/session/full-session.ts';
import type {
  AddressesOf,
  AddressOf,
  LogAnswer,
  ModuleAnswer,
  MountAnswer,
  StackAnswer,
  TaskAnswer,
} from './answers.ts';
import { Check } from './check.ts';
import {
  compareDeviceNumbers,
  compareInterrupts,
  compareLocks,
  compareResources,
  compareTimers,
} from './compare-devices.ts';
import { compareCacheAndBalance, compareCommit, compareOom, compareProcessMemory } from './compare-judgement.ts';
import {
  compareBuddy,
  compareMemory,
  compareSlabs,
  compareSwaps,
  compareVmstat,
  compareZones,
  memorySince,
  type Since,
} from './compare-memory.ts';
import { compareFiles, compareMaps } from './compare-processes.ts';
import { compareSockets } from './compare-sockets.ts';
import { compareCrashStack, compareTaskStacks } from './compare-stacks.ts';
import {
  compareLog,
  compareModules,
  compareMounts,
  compareSymbols,
  compareSystem,
  compareTasks,
} from './compare-tables.ts';
import { type ConsoleText, parseConsole, section } from './console.ts';

/** The comparison of one dump, and what is wrong with its file, when that is cut or incomplete. */
export interface Comparison {
  readonly checks: readonly Check[];
  readonly incomplete: string | undefined;
}

/**
 * Everything that can be compared about one dump. @param files the dump @param text its console log
 * @param vmlinux its kernel's, for a kernel without BTF
 */
export async function compareDump(files: readonly string[], text: string, vmlinux?: string): Promise<Comparison> {
  const { program: prog, close } = await openDump(files);
  try {
    if (vmlinux !== undefined && !prog.has('types')) {
      await new HostDebugInfo(prog, { given: [vmlinux], usual: false, force: false }).start();
    }
    const checks = compare(prog, new FullSession(prog, { dumpNames: files }), parseConsole(text));
    return { checks, incomplete: prog.image.problems[0] };
  } finally {
    close();
  }
}

function compare(prog: Program, session: FullSession, console: ConsoleText): Check[] {
  const ask = <T>(line: string): T => session.run(line)?.data as T;
  const crashed = (): StackAnswer | undefined => {
    try {
      return ask<{ tasks: StackAnswer[] }>('bt').tasks[0];
    } catch (e) {
      if (e instanceof AnalysisError) return undefined;
      throw e;
    }
  };
  const { tasks } = ask<{ tasks: TaskAnswer[] }>('ps');
  const ran = ranSince(prog, tasks, section(console, 'clock'));
  const stacks = new Map<number, StackAnswer>();
  for (const task of tasks) {
    if (task.pid === 0) continue;
    const stack = ask<{ tasks: StackAnswer[] }>(`bt ${task.task}`).tasks[0];
    if (stack) stacks.set(task.pid, stack);
  }
  const since = (): Since => memorySince(prog, console);
  const records = taskTable(prog).tasks;
  const active = new Set(tasks.filter((t) => t.active).map((t) => t.pid));
  const addressesOf = symbolIndex(prog);
  return [
    compareCrashStack(console, crashed(), addressesOf),
    compareTaskStacks(console, stacks, active, schedulerText(prog), ran, addressesOf),
    compareTasks(console, tasks, ran),
    compareLog(console, ask<{ records: LogAnswer[] }>('log').records, logRecords(prog).records[0]?.sequence ?? 0n),
    compareModules(console, ask<{ modules: ModuleAnswer[] }>('mod').modules),
    compareMounts(console, ask<{ mounts: MountAnswer[] }>('mount').mounts),
    subject(prog, 'meminfo', () => compareMemory(prog, console, since())),
    subject(prog, 'vmstat', () => compareVmstat(prog, console, since())),
    subject(prog, 'zoneinfo', () => compareZones(prog, console, since())),
    subject(prog, 'buddyinfo', () => compareBuddy(prog, console, since())),
    subject(prog, 'slabinfo', () => compareSlabs(prog, console, since())),
    subject(prog, 'swaps', () => compareSwaps(prog, console, since())),
    subject(prog, 'oom', () => compareOom(prog, console)),
    subject(prog, 'commit', () => compareCommit(prog, console)),
    subject(prog, 'process memory', () => compareProcessMemory(prog, console, ran, since())),
    subject(prog, 'page cache', () => compareCacheAndBalance(prog, console, since())),
    subject(prog, 'fd', () => compareFiles(prog, console, records, ran)),
    subject(prog, 'maps', () => compareMaps(prog, console, records, ran)),
    subject(prog, 'sockets', () => compareSockets(prog, console, records)),
    subject(prog, 'locks', () => compareLocks(prog, console)),
    subject(prog, 'interrupts', () => compareInterrupts(prog, console)),
    subject(prog, 'timer_list', () => compareTimers(prog, console)),
    subject(prog, 'devices', () => compareDeviceNumbers(prog, console)),
    subject(prog, 'iomem', () => compareResources(prog, console)),
    compareSystem(console, ask<Readonly<Record<string, unknown>>>('sys')),
    compareSymbols(console, (at) => prog.symbolAt(at), firstAddress(prog, addressesOf), aliases(prog)),
  ];
}

/**
 * A comparison of which the dump may lack the symbols or types, or, when its file is cut, the memory: that is told apart
 * from a wrong answer.
 */
function subject(prog: Program, name: string, compareIt: () => Check): Check {
  try {
    return compareIt();
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    const check = new Check(name);
    if (e instanceof NotFoundError || prog.image.problems.length > 0) check.absent = e.message;
    else check.expect(false, () => e.message);
    return check;
  }
}

/** Symbols by module and name, the way /proc/kallsyms tells them apart. */
function symbolIndex(prog: Program): AddressesOf {
  let byName: Map<string, bigint[]> | undefined;
  return (name, module) => {
    if (!byName) {
      byName = new Map();
      for (const s of prog.symbols()) {
        const key = `${s.module ?? ''} ${s.name}`;
        const known = byName.get(key);
        if (known) known.push(s.address);
        else byName.set(key, [s.address]);
      }
    }
    return byName.get(`${module ?? ''} ${name}`) ?? [];
  };
}

function firstAddress(prog: Program, addressesOf: AddressesOf): AddressOf {
  return (name, module) => {
    const found = prog.findSymbol(name);
    if (found && (found.module ?? undefined) === module) return found.address;
    return addressesOf(name, module).at(-1);
  };
}

/** `.sched.text`, the functions that /proc/PID/stack leaves out. */
function schedulerText(prog: Program): (pc: bigint) => boolean {
  const start = prog.findSymbol('__sched_text_start')?.address ?? 0n;
  const end = prog.findSymbol('__sched_text_end')?.address ?? 0n;
  return (pc) => pc >= start && pc < end;
}

/** Two clocks of the kernel are compared; they start at slightly different moments of the boot. */
const CLOCK_SLACK_NS = 500_000_000n;

/**
 * Whether a task was on a CPU after the guest read its clock, which it does just before it lists tasks and stacks.
 * @param clock lines `monotonic <seconds>.<nanoseconds>`
 */
function ranSince(prog: Program, tasks: readonly TaskAnswer[], clock: readonly string[]): (pid: number) => boolean {
  const line = clock.find((l) => l.startsWith('monotonic '));
  if (!line) return () => false;
  const [seconds = '0', nanos = '0'] = (line.split(' ')[1] ?? '').split('.');
  const listed = BigInt(seconds) * 1_000_000_000n + BigInt(nanos) - CLOCK_SLACK_NS;
  const last = new Map<number, bigint>();
  for (const t of tasks) {
    try {
      last.set(t.pid, lastRun(prog, BigInt(t.task)));
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
    }
  }
  const ended = new Lazy(() => endedTasks(prog));
  return (pid) => (last.get(pid) ?? ended.get().get(pid) ?? 0n) > listed;
}

function lastRun(prog: Program, address: bigint): bigint {
  const task = prog.at('task_struct', address);
  const accounted = task.get('se.exec_start').toBigInt();
  const arrived = task.find('sched_info.last_arrival')?.toBigInt() ?? 0n;
  return accounted > arrived ? accounted : arrived;
}

/**
 * When the tasks ran last that have ended, by pid: what the cache of task_struct still holds of them, free or not, with
 * an `exit_state`.
 */
function endedTasks(prog: Program): ReadonlyMap<number, bigint> {
  const ended = new Map<number, bigint>();
  try {
    for (const address of taskSlabObjects(prog)) {
      const task = prog.at('task_struct', address);
      if (task.get('exit_state').toNumber() === 0) continue;
      const pid = task.get('pid').toNumber();
      const at = lastRun(prog, address);
      if (at > (ended.get(pid) ?? 0n)) ended.set(pid, at);
    }
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
  }
  return ended;
}

/** All names at an address. */
function aliases(prog: Program): (at: bigint) => readonly string[] {
  let table: Map<bigint, string[]> | undefined;
  return (at) => {
    if (!table) {
      table = new Map();
      for (const s of prog.symbols()) {
        const names = table.get(s.address);
        if (names) names.push(s.name);
        else table.set(s.address, [s.name]);
      }
    }
    return table.get(at) ?? [];
  };
}
