import { openFile, openFiles } from '../../src/kernel/files.ts';
import { mmLayout, vmaName } from '../../src/kernel/mm.ts';
import type { TaskRecord } from '../../src/kernel/task.ts';
import { type Vma, vmas } from '../../src/kernel/vma.ts';
import type { Program } from '../../src/program/program.ts';
import { Check } from './check.ts';
import type { RanSince } from './compare-stacks.ts';
import { type ConsoleText, section } from './console.ts';
import { parseFds, parseMaps } from './proc-text.ts';

/** The sections of a kind with the process that each is about. */
function* processSections(
  console: ConsoleText,
  kind: string,
  tasks: readonly TaskRecord[],
): Generator<{ name: string; pid: number; comm: string; task: TaskRecord | undefined }> {
  const byPid = new Map(tasks.map((t) => [t.pid, t]));
  for (const name of console.sections.keys()) {
    const m = /^(\w+) (\d+) (.*)$/.exec(name);
    if (m?.[1] !== kind) continue;
    const pid = Number(m[2]);
    yield { name, pid, comm: m[3] as string, task: byPid.get(pid) };
  }
}

/** Each listed line must be here; what is more or different is explained when the process ran since. */
function compareLists(
  check: Check,
  what: string,
  guest: readonly string[],
  ours: readonly string[],
  ran: boolean,
): void {
  const have = new Set(ours);
  const known = new Set(guest);
  const differ = (why: string): void => {
    if (ran) check.explain(`${what}: ${why}, it ran since`);
    else check.expect(false, () => `${what}: ${why}`);
  };
  for (const line of guest) {
    if (have.has(line)) check.expect(true, () => '');
    else differ(`guest has ${line}`);
  }
  for (const line of ours) if (!known.has(line)) differ(`not in the guest's list: ${line}`);
}

/** /proc/PID/fd and fdinfo of every process. */
export function compareFiles(
  prog: Program,
  console: ConsoleText,
  tasks: readonly TaskRecord[],
  ranSince: RanSince,
): Check {
  const check = new Check('fd');
  for (const { name, pid, task } of processSections(console, 'fd', tasks)) {
    check.expect(task !== undefined, () => `${name}: no such process`);
    if (!task) continue;
    const guest = parseFds(section(console, name));
    const ours = openFiles(prog, task.address).files.map((f) => {
      const flags = f.flags + (f.closeOnExec ? 0o2000000 : 0);
      return `${f.fd} ${f.position} 0${flags.toString(8)} ${f.path}`;
    });
    const lines = guest.map((f) => `${f.fd} ${f.position} 0${f.flags.toString(8)} ${f.path}`);
    compareLists(check, name, lines, ours, ranSince(pid));
  }
  return check;
}

const READ = 1n;
const WRITE = 2n;
const EXEC = 4n;
const MAY_SHARE = 0x80n; // VM_MAYSHARE (include/linux/mm.h)

function mapsLine(prog: Program, vma: Vma, name: string): string {
  const bit = (flag: bigint, letter: string): string => ((vma.flags & flag) !== 0n ? letter : '-');
  const shared = (vma.flags & MAY_SHARE) !== 0n ? 's' : 'p';
  const permissions = `${bit(READ, 'r')}${bit(WRITE, 'w')}${bit(EXEC, 'x')}${shared}`;
  const inode = vma.file === 0n ? undefined : openFile(prog, vma.file).inode;
  const device = inode ? prog.at('super_block', inode.superblock).get('s_dev').toNumber() : 0;
  const numbers = `${two(device >>> 20)}:${two(device & 0xfffff)} ${inode?.number ?? 0n}`;
  const offset = inode ? vma.pageOffset * BigInt(prog.pageSize) : 0n;
  return `${vma.start.toString(16)}-${vma.end.toString(16)} ${permissions} ${offset.toString(16)} ${numbers} ${name}`;
}

function two(n: number): string {
  return n.toString(16).padStart(2, '0');
}

/** /proc/PID/maps of every process that the guest listed. */
export function compareMaps(
  prog: Program,
  console: ConsoleText,
  tasks: readonly TaskRecord[],
  ranSince: RanSince,
): Check {
  const check = new Check('maps');
  for (const { name, pid, task } of processSections(console, 'maps', tasks)) {
    check.expect(task !== undefined && task.mm !== 0n, () => `${name}: no such process`);
    if (!task || task.mm === 0n) continue;
    const guest = parseMaps(section(console, name)).map((m) => {
      const range = `${m.start.toString(16)}-${m.end.toString(16)}`;
      return `${range} ${m.permissions} ${m.offset.toString(16)} ${m.device} ${m.inode} ${m.name}`;
    });
    const layout = mmLayout(prog, task.mm);
    const ours = vmas(prog, task.mm).vmas.map((vma) => mapsLine(prog, vma, vmaName(prog, layout, vma)));
    compareLists(check, name, guest, ours, ranSince(pid));
  }
  return check;
}
