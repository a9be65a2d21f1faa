import { blockDeviceNumbers, charDeviceNumbers } from '../../src/kernel/device-number.ts';
import { hrTimers } from '../../src/kernel/hrtimer.ts';
import { irqCount, irqs } from '../../src/kernel/irq.ts';
import { type FileLock, fileLocks } from '../../src/kernel/locks.ts';
import { resources } from '../../src/kernel/resource.ts';
import { kernelTime } from '../../src/kernel/timekeeping.ts';
import type { Program } from '../../src/program/program.ts';
import { Check } from './check.ts';
import { type ConsoleText, section } from './console.ts';
import { parseDevices, parseInterrupts, parseLocks, parseResources, parseTimerList } from './proc-text.ts';

/** /proc/interrupts: chip, number in it, kind and names exactly; counts can only have grown. */
export function compareInterrupts(prog: Program, console: ConsoleText): Check {
  const check = new Check('interrupts');
  const lines = section(console, 'interrupts');
  if (lines.length === 0) return check;
  const found = new Map(irqs(prog).irqs.map((i) => [i.irq, i]));
  for (const { irq, counts, text } of parseInterrupts(lines)) {
    const ours = found.get(irq);
    check.expect(ours !== undefined, () => `IRQ ${irq} is missing`);
    if (!ours) continue;
    counts.forEach((guest, cpu) => {
      const mine = irqCount(prog, ours, cpu);
      if (mine > guest) check.explain(`IRQ ${irq} CPU ${cpu}: ${mine}, guest ${guest}: it came again`);
      else check.expect(mine === guest, () => `IRQ ${irq} CPU ${cpu}: ${mine}, guest ${guest}`);
    });
    const names = ours.actions.map((a) => a.name ?? '').join(', ');
    check.expect(text.endsWith(names), () => `IRQ ${irq}: actions ${names}, guest ${text}`);
    if (ours.chip === undefined && printsItself(prog, ours.address))
      check.explain(`IRQ ${irq}: its chip has no name, the driver's irq_print_chip makes one for /proc: ${text}`);
    else check.expect(text.startsWith(`${ours.chip} `), () => `IRQ ${irq}: chip ${ours.chip}, guest ${text}`);
    const number = new RegExp(`\\s${ours.hardwareIrq}(?:\\s|-${ours.flow}\\s)`);
    check.expect(number.test(text), () => `IRQ ${irq}: ${ours.hardwareIrq} ${ours.flow}, guest ${text}`);
  }
  return check;
}

function printsItself(prog: Program, descriptor: bigint): boolean {
  const chip = prog.at('irq_desc', descriptor).get('irq_data.chip').deref();
  return (chip.find('irq_print_chip')?.toBigInt() ?? 0n) !== 0n;
}

/**
 * High-resolution timers against /proc/timer_list: one that the guest listed is here, or its time has come since, or its
 * function was armed anew for later.
 */
export function compareTimers(prog: Program, console: ConsoleText): Check {
  const check = new Check('timer_list');
  const { timers: guest } = parseTimerList(section(console, 'timer_list'));
  if (guest.length === 0) return check;
  const now = BigInt(Math.floor(kernelTime(prog).monotonicSeconds * 1e9));
  const ours = hrTimers(prog).bases.flatMap((base) =>
    base.clocks.flatMap((clock) =>
      clock.timers.map((t) => {
        const name = prog.symbolAt(t.function)?.name;
        return { cpu: base.cpu, clock: clock.index, name, softExpires: t.softExpires, expires: t.expires };
      }),
    ),
  );
  const running = runsTimers(console);
  for (const g of guest) {
    const what = `CPU ${g.cpu} clock ${g.clock} ${g.function} at ${g.softExpires}-${g.expires}`;
    const same = ours.filter((t) => t.name === g.function && t.clock === g.clock);
    const found = same.some((t) => t.expires === g.expires && t.softExpires === g.softExpires);
    if (found) check.expect(true, () => '');
    else if (g.softExpires <= now) check.explain(`${what}: its time came before the crash at ${now}`);
    else if (same.some((t) => t.cpu === g.cpu && t.expires > g.expires))
      check.explain(`${what}: armed for later since`);
    else if (TICK.test(g.function) && same.some((t) => t.cpu === g.cpu))
      check.explain(`${what}: the CPU was idle without a tick, and has one again`);
    else if (g.cpu === running)
      check.explain(`${what}: the CPU died while it ran its timers, which are on no list then`);
    else check.expect(false, () => `${what} is missing`);
  }
  for (const t of ours) check.expect(t.name !== undefined, () => `CPU ${t.cpu}: a timer of no function`);
  return check;
}

/** The CPU whose trace of its death says that it ran high-resolution timers. */
function runsTimers(console: ConsoleText): number | undefined {
  const lines = console.kernel.map((line) => line.text);
  const last = lines.findLastIndex((line) => /^CPU: \d+ .*PID: /.test(line));
  const inside =
    last >= 0 && lines.slice(last).some((line) => /\b(?:__)?hrtimer_(?:interrupt|run_queues)\+/.test(line));
  return inside ? Number(/^CPU: (\d+)/.exec(lines[last] ?? '')?.[1]) : undefined;
}

/** kernel/time/tick-sched.c: stopped, or armed for the next timer, while the CPU is idle. */
const TICK = /^tick_(?:sched_timer|nohz_handler)$/;

/** /proc/iomem and /proc/ioports, line by line. */
export function compareResources(prog: Program, console: ConsoleText): Check {
  const check = new Check('iomem');
  for (const [name, root] of [
    ['iomem', 'iomem_resource'],
    ['ioports', 'ioport_resource'],
  ] as const) {
    const guest = parseResources(section(console, name));
    if (guest.length === 0) continue;
    const ours = resources(prog, root).resources.filter((r) => r.depth > 0);
    const line = (r: { depth: number; start: bigint; end: bigint; name: string | undefined }): string =>
      `${r.depth} ${r.start.toString(16)}-${r.end.toString(16)} ${r.name}`;
    const mine = ours.map((r) => line({ ...r, depth: r.depth - 1 }));
    guest.forEach((g, i) => {
      check.expect(mine[i] === line(g), () => `${name} line ${i + 1}: ${mine[i]}, guest ${line(g)}`);
    });
    check.expect(mine.length === guest.length, () => `${name}: ${mine.length} lines, guest ${guest.length}`);
  }
  return check;
}

/** /proc/devices: every range of device numbers. */
export function compareDeviceNumbers(prog: Program, console: ConsoleText): Check {
  const check = new Check('devices');
  if (!console.sections.has('devices')) return check;
  const line = (kind: string, d: { major: number; name: string }): string => `${kind} ${d.major} ${d.name}`;
  const ours = new Set([
    ...charDeviceNumbers(prog).numbers.map((d) => line('char', d)),
    ...blockDeviceNumbers(prog).numbers.map((d) => line('block', d)),
  ]);
  const guest = new Set(parseDevices(section(console, 'devices')).map((d) => line(d.kind, d)));
  for (const one of guest) check.expect(ours.has(one), () => `not found: ${one}`);
  for (const one of ours) check.expect(guest.has(one), () => `not in the guest's list: ${one}`);
  return check;
}

/** /proc/locks: who holds what, and who waits. */
export function compareLocks(prog: Program, console: ConsoleText): Check {
  const check = new Check('locks');
  if (!console.sections.has('locks')) return check;
  const lines: string[] = [];
  const add = (lock: FileLock, waiting: number): void => {
    const { kind, access, pid, inodeNumber, start, end } = lock;
    lines.push(`${waiting} ${kind} ${access} ${pid} ${inodeNumber} ${start} ${end ?? 'EOF'}`);
    for (const waiter of lock.waiters) add(waiter, waiting + 1);
  };
  for (const lock of fileLocks(prog).locks) add(lock, 0);
  const guest = parseLocks(section(console, 'locks')).map(
    (l) => `${l.waiting} ${l.kind} ${l.access} ${l.pid} ${l.inode} ${l.start} ${l.end ?? 'EOF'}`,
  );
  for (const line of guest) check.expect(lines.includes(line), () => `not found: ${line}`);
  for (const line of lines) check.expect(guest.includes(line), () => `not in the guest's list: ${line}`);
  return check;
}
