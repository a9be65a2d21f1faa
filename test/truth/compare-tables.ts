import type { LogAnswer, ModuleAnswer, MountAnswer, TaskAnswer } from './answers.ts';
import { Check } from './check.ts';
import { type ConsoleText, section } from './console.ts';

/** crash's two letters for the letter of /proc/PID/stat. */
const STATE: Readonly<Record<string, string>> = {
  R: 'RU',
  S: 'IN',
  D: 'UN',
  T: 'ST',
  t: 'TR',
  Z: 'ZO',
  X: 'DE',
  I: 'ID',
  P: 'PA',
};

interface GuestTask {
  readonly pid: number;
  readonly tgid: number;
  readonly ppid: number;
  readonly state: string;
  readonly vszKiB: number;
  readonly rssKiB: number;
  readonly comm: string;
}

/** Lines of the `ps` section: tid pid ppid state cpu prio nice vszKiB rssKiB utime stime start flags comm. */
function guestTasks(console: ConsoleText): GuestTask[] {
  const tasks: GuestTask[] = [];
  for (const line of section(console, 'ps')) {
    const m = /^(\d+) (\d+) (\d+) (\S) \d+ -?\d+ -?\d+ (\d+) (\d+) \d+ \d+ \d+ [0-9a-f]+ (.*)$/.exec(line);
    if (!m) continue;
    const [pid, tgid, ppid] = [Number(m[1]), Number(m[2]), Number(m[3])];
    tasks.push({
      pid,
      tgid,
      ppid,
      state: m[4] as string,
      vszKiB: Number(m[5]),
      rssKiB: Number(m[6]),
      comm: m[7] as string,
    });
  }
  return tasks;
}

/**
 * Tasks against the guest's own list: every one that it lists must be here with its name, parent and state, unless it
 * ran since.
 */
export function compareTasks(
  console: ConsoleText,
  ours: readonly TaskAnswer[],
  ranSince: (pid: number) => boolean,
): Check {
  const check = new Check('tasks');
  const byPid = new Map(ours.filter((t) => t.pid !== 0).map((t) => [t.pid, t]));
  const guest = guestTasks(console);
  if (guest.length === 0) return check;
  const swapped = section(console, 'swaps').length > 1;
  for (const g of guest) {
    const t = byPid.get(g.pid);
    if (!t) {
      if (ranSince(g.pid)) check.explain(`${g.pid} ${g.comm} ended after the listing`);
      else check.expect(false, () => `${g.pid} ${g.comm} (${g.state}) is missing`);
      continue;
    }
    const names = `${g.pid}: name ${t.comm}, guest ${g.comm}`;
    if (!sameName(t, g) && ranSince(g.pid)) check.explain(`${names}, ran since`);
    else check.expect(sameName(t, g), () => names);
    check.expect(t.ppid === g.ppid, () => `${g.pid} ${g.comm}: parent ${t.ppid}, guest ${g.ppid}`);
    const state = STATE[g.state] ?? g.state;
    if (t.state === state) check.expect(true, () => '');
    else if (t.state === 'RU') check.explain(`${g.pid} ${g.comm}: listed as ${state}, woken since`);
    else if (ranSince(g.pid) || t.active)
      check.explain(`${g.pid} ${g.comm}: ${t.state}, listed as ${state}, ran since`);
    else check.expect(false, () => `${g.pid} ${g.comm}: state ${t.state}, guest ${state}`);
    compareSizes(check, g, t, ranSince(g.pid), swapped);
  }
  const listed = new Set(guest.map((g) => g.pid));
  const newest = Math.max(...listed);
  for (const t of ours) {
    if (t.pid === 0 || listed.has(t.pid)) continue;
    if (t.pid > newest) check.explain(`${t.pid} ${t.comm} was made after the listing`);
    else check.expect(false, () => `${t.pid} ${t.comm} (${t.state}) is not in the guest's list`);
  }
  return check;
}

/**
 * task_struct.comm has 15 characters; /proc shows the whole name of a kernel thread (Linux commit d6986ce24fc0, v5.17)
 * and adds a worker's current work.
 */
function sameName(ours: TaskAnswer, guest: GuestTask): boolean {
  return ours.comm === guest.comm || (ours.kernelThread && guest.comm.startsWith(ours.comm));
}

/** Counters that are summed without a lock lag by a batch of pages a CPU. */
const RSS_SLACK_KIB = 1024;
/**
 * Before Linux commit f1a7941243c1 (v6.2) a thread keeps up to 64 page faults of its own to itself, each of which may have
 * mapped 16 pages (fault-around); /proc leaves them out.
 */
const SPLIT_RSS_KIB = 64 * 16 * 4;

function compareSizes(check: Check, g: GuestTask, t: TaskAnswer, ran: boolean, swapped: boolean): void {
  if (t.vszKiB === g.vszKiB) check.expect(true, () => '');
  else if (ran) check.explain(`${g.pid} ${g.comm}: VSZ ${t.vszKiB}, guest ${g.vszKiB}, ran since`);
  else check.expect(false, () => `${g.pid} ${g.comm}: VSZ ${t.vszKiB}, guest ${g.vszKiB}`);
  const off = Math.abs(t.rssKiB - g.rssKiB);
  if (off <= RSS_SLACK_KIB) check.expect(true, () => '');
  else if (t.rssKiB > g.rssKiB && off <= SPLIT_RSS_KIB) {
    check.explain(`${g.pid} ${g.comm}: RSS ${t.rssKiB}, guest ${g.rssKiB}: faults that the thread kept to itself`);
  } else if (swapped && t.rssKiB < g.rssKiB) {
    check.explain(`${g.pid} ${g.comm}: RSS ${t.rssKiB}, guest ${g.rssKiB}: reclaimed to swap since`);
  } else if (ran) check.explain(`${g.pid} ${g.comm}: RSS ${t.rssKiB}, guest ${g.rssKiB}, ran since`);
  else check.expect(false, () => `${g.pid} ${g.comm}: RSS ${t.rssKiB}, guest ${g.rssKiB}`);
}

/**
 * The log against the console and against what the guest read from /dev/kmsg (`priority,sequence,microseconds,flags;text`).
 * @param dropped records that newer ones have overwritten
 */
export function compareLog(console: ConsoleText, ours: readonly LogAnswer[], dropped: bigint): Check {
  const check = new Check('log');
  const first = Number(ours[0]?.timestampNs ?? 0) / 1e9;
  const have = new Set<string>();
  for (const r of ours) {
    const us = BigInt(r.timestampNs) / 1000n;
    const stamp = `${us / 1000000n}.${String(us % 1000000n).padStart(6, '0')}`;
    for (const line of r.text.split('\n')) have.add(`${stamp} ${line.trimEnd()}`);
  }
  for (const line of console.kernel) {
    if (dropped > 0n && Number(line.stamp) < first) {
      check.explain(`older than the ${dropped} records that were overwritten: [${line.stamp}] ${line.text}`);
      continue;
    }
    check.expect(
      have.has(`${line.stamp} ${line.text.trimEnd()}`),
      () => `console line not in the log: [${line.stamp}] ${line.text}`,
    );
  }
  const exact = new Set(
    ours.map((r) => `${r.facility * 8 + r.level},${BigInt(r.timestampNs) / 1000n};${r.text.split('\n')[0]}`),
  );
  for (const line of section(console, 'kmsg')) {
    const m = /^(\d+),\d+,(\d+),[^;]*;(.*)$/.exec(line);
    if (!m) continue; // continuation lines hold the device dictionary
    const text = (m[3] as string).replace(/\\x([0-9a-f]{2})/g, (_, h: string) =>
      String.fromCharCode(Number.parseInt(h, 16)),
    );
    check.expect(exact.has(`${m[1]},${m[2]};${text.split('\n')[0]}`), () => `kmsg record not in the log: ${line}`);
  }
  return check;
}

/** Modules against /proc/modules (name size refcount users state address). */
export function compareModules(console: ConsoleText, ours: readonly ModuleAnswer[]): Check {
  const check = new Check('modules');
  const bySize = new Map(ours.map((m) => [m.name, m.size]));
  const guest = section(console, 'modules');
  for (const line of guest) {
    const [name = '', size] = line.split(' ');
    check.expect(bySize.get(name) === Number(size), () => `${name}: size ${bySize.get(name)}, guest ${size}`);
  }
  if (guest.length > 0) {
    const more = ours.length - guest.length;
    check.expect(more >= 0 && more <= 1, () => `${ours.length} modules, the guest listed ${guest.length}`);
  }
  return check;
}

/** Mounts against /proc/mounts (device path type options), in its order. */
export function compareMounts(console: ConsoleText, ours: readonly MountAnswer[]): Check {
  const check = new Check('mounts');
  const guest = section(console, 'mounts');
  const plain = (s: string): string =>
    s.replace(/\\([0-7]{3})/g, (_, o: string) => String.fromCharCode(Number.parseInt(o, 8)));
  for (const line of guest) {
    const [device = '', path = '', type = ''] = line.split(' ');
    const found = ours.some((m) => m.device === plain(device) && m.path === plain(path) && m.type === type);
    check.expect(found, () => `not found: ${line}`);
  }
  if (guest.length > 0)
    check.expect(ours.length === guest.length, () => `${ours.length} mounts, guest ${guest.length}`);
  return check;
}

/** How the guests' scripts name their machines. */
const GUESTS = ['lab', 'ops'];

/** `sys` against /proc/version, /proc/cmdline, /proc/uptime and uname. */
export function compareSystem(console: ConsoleText, ours: Readonly<Record<string, unknown>>): Check {
  const check = new Check('system');
  const version = section(console, 'version')[0];
  if (version !== undefined) {
    check.expect(version.startsWith(`Linux version ${ours.release} `), () => `release ${ours.release}: ${version}`);
    check.expect(version.endsWith(` ${ours.version}`), () => `version ${ours.version}: ${version}`);
    check.expect(GUESTS.includes(String(ours.nodename)), () => `node name ${ours.nodename}`);
  }
  const commandLine = section(console, 'cmdline')[0]?.trimEnd();
  if (commandLine !== undefined) {
    check.expect(ours.commandLine === commandLine, () => `command line ${ours.commandLine}, guest ${commandLine}`);
  }
  const uptime = Number(section(console, 'uptime')[0]?.split(' ')[0]);
  if (!Number.isNaN(uptime)) {
    const mine = ours.uptimeSeconds as number;
    check.expect(mine >= Math.floor(uptime) && mine < uptime + 120, () => `uptime ${mine}, guest ${uptime}`);
  }
  const realtime = Number(/^realtime (\d+)/.exec(section(console, 'clock')[0] ?? '')?.[1]);
  if (!Number.isNaN(realtime)) {
    const mine = ours.dateSeconds as number;
    check.expect(mine >= realtime && mine < realtime + 120, () => `date ${mine}, guest ${realtime}`);
  }
  return check;
}

/** Symbols against /proc/kallsyms lines (`address letter name [module]`): by address and by name. */
export function compareSymbols(
  console: ConsoleText,
  at: (address: bigint) => { name: string; module?: string } | undefined,
  byName: (name: string, module: string | undefined) => bigint | undefined,
  aliases: (address: bigint) => readonly string[],
): Check {
  const check = new Check('symbols');
  for (const line of section(console, 'kallsyms')) {
    const m = /^([0-9a-f]{16}) (\S) (\S+)(?:\s+\[(\S+)\])?$/.exec(line);
    if (!m) continue;
    const address = BigInt(`0x${m[1]}`);
    const name = m[3] as string;
    const module = m[4];
    // JIT images, per-CPU offsets; local labels and mapping symbols, which the kernel itself skips in look-ups
    if (module === 'bpf' || address < 0x1000000n || /^(\.L|\$|L0(?!\w))/.test(name)) continue;
    const found = at(address);
    const named = found?.name === name || aliases(address).includes(name);
    check.expect(
      named && (found?.module ?? undefined) === module,
      () => `${line}: here ${found?.name} ${found?.module ?? ''}`,
    );
    const back = byName(name, module);
    check.expect(back !== undefined, () => `${name} ${module ?? ''} is not found by name`);
  }
  return check;
}
