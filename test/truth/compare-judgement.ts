import { memoryInfo } from '../../src/kernel/meminfo.ts';
import { memoryBalance } from '../../src/kernel/memory-balance.ts';
import { oomScores } from '../../src/kernel/oom-score.ts';
import { overcommit } from '../../src/kernel/overcommit.ts';
import { pageCacheFiles } from '../../src/kernel/page-cache.ts';
import { possibleCpus } from '../../src/kernel/percpu.ts';
import { watermarks } from '../../src/kernel/zone-marks.ts';
import { oomReports } from '../../src/oops/oom-report.ts';
import type { Program } from '../../src/program/program.ts';
import { Check } from './check.ts';
import type { Since } from './compare-memory.ts';
import type { RanSince } from './compare-stacks.ts';
import { type ConsoleText, section } from './console.ts';
import { parseMemInfo } from './proc-text.ts';

/** A CPU adds what it counted to a counter of memory when it is this much, in pages: each may do so while the report is printed. */
const BATCH = 125;

/**
 * The table of processes and the zones that the kernel printed when it had no memory left: nothing ran between that and the
 * panic, so every number must be the same.
 */
export function compareOom(prog: Program, console: ConsoleText): Check {
  const check = new Check('oom');
  const lines = console.kernel.map((l) => l.text);
  const report = oomReports(lines).at(-1);
  if (report?.panic === undefined) return check;
  const { scores } = oomScores(prog);
  for (const row of report.rows) {
    const ours = scores.find((s) => s.task.pid === row.pid);
    const mine = ours && `${ours.rss} ${ours.swap} ${ours.pageTables * prog.pageSize} ${ours.adjust}`;
    const guest = `${row.rss} ${row.swap} ${row.pageTableBytes} ${row.adjust}`;
    check.expect(mine === guest, () => `process ${row.pid}: ${mine}, guest ${guest}`);
  }
  compareOomZones(check, prog, lines.slice(report.line));
  return check;
}

const ZONE =
  /^Node (\d+) (\w+) free:(\d+)kB (?:boost:(\d+)kB )?min:(\d+)kB low:(\d+)kB high:(\d+)kB(?: reserved_highatomic:(\d+)KB)?/;
const RESERVE = /^lowmem_reserve\[\]: ([\d ]+)$/;

function compareOomZones(check: Check, prog: Program, lines: readonly string[]): void {
  const kib = prog.pageSize / 1024;
  const { zones } = watermarks(prog);
  const cpus = possibleCpus(prog).length;
  for (const [i, line] of lines.entries()) {
    const words = ZONE.exec(line);
    if (!words) continue;
    const ours = zones.find((z) => z.zone.node === Number(words[1]) && z.zone.name === words[2]);
    check.expect(ours !== undefined, () => `zone ${words[2]} is missing`);
    if (!ours) continue;
    const guest = [words[4] ?? '0', words[5], words[6], words[7], words[8] ?? '0'].join(' ');
    const marks = (['min', 'low', 'high'] as const).map((mark) => (ours.marks[mark] + ours.boost) * kib);
    const mine = [ours.boost * kib, ...marks, ours.highAtomic * kib].join(' ');
    check.expect(mine === guest, () => `zone ${words[2]} boost, marks, highatomic: ${mine}, guest ${guest}`);
    const free = Number(words[3]);
    check.expect(
      Math.abs(ours.free * kib - free) <= BATCH * cpus * kib,
      () => `zone ${words[2]} free: ${ours.free * kib}, guest ${free}`,
    );
    const reserve = RESERVE.exec(lines[i + 1] ?? '')?.[1];
    const reserves = ours.reserves.join(' ');
    check.expect(reserves === reserve, () => `zone ${words[2]} reserves: ${reserves}, guest ${reserve}`);
  }
}

/** VmSwap and VmPTE of /proc/PID/status. */
export function compareProcessMemory(prog: Program, console: ConsoleText, ran: RanSince, since: Since): Check {
  const check = new Check('process memory');
  for (const score of oomScores(prog).scores) {
    const { pid, comm } = score.task;
    const lines = section(console, `status ${pid} ${comm}`);
    const facts: readonly (readonly [string, number])[] = [
      ['VmSwap', score.swap],
      ['VmPTE', score.pageTables],
    ];
    for (const [name, pages] of facts) {
      const text = lines.find((l) => l.startsWith(`${name}:`));
      if (text === undefined) continue;
      const page = prog.pageSize / 1024;
      // some CPUs' tables are parts of pages; the kernel's scores count whole pages
      const guest = Math.floor(Number(/\d+/.exec(text)?.[0]) / page) * page;
      const ours = pages * page;
      const why = `${comm} ${pid} ${name}: ${ours} kB, guest ${guest} kB`;
      if (ours === guest) check.expect(true, () => '');
      else if (ran(pid)) check.explain(`${why}: it ran since`);
      else if (name === 'VmSwap' && Math.abs(ours - guest) <= since.pages * (prog.pageSize / 1024)) {
        check.explain(`${why}: it was swapped since`);
      } else check.expect(false, () => why);
    }
  }
  return check;
}

/** The files' pages together are what the kernel counts as page cache, and every page has one holder. */
export function compareCacheAndBalance(prog: Program, console: ConsoleText, since: Since): Check {
  const check = new Check('page cache');
  const drift = BATCH * possibleCpus(prog).length;
  const { pages, cut, problems } = pageCacheFiles(prog, { files: 50, inodes: 4_000_000 });
  const info = memoryInfo(prog);
  const kib = prog.pageSize / 1024;
  const counted = ((info.cachedKiB ?? 0) + (info.buffersKiB ?? 0)) / kib;
  if (problems.some((p) => p.what.startsWith('inodes of'))) {
    check.explain(`the list of inodes is damaged: ${pages} pages of files, ${counted} counted`);
  } else check.expect(!cut && Math.abs(pages - counted) <= drift, () => `${pages} pages of files, ${counted} counted`);
  const guest = new Map(parseMemInfo(section(console, 'meminfo')).map((l) => [l.name, l.value]));
  const listed = ((guest.get('Cached') ?? 0) + (guest.get('Buffers') ?? 0)) / kib;
  if (guest.size > 0)
    check.expect(Math.abs(pages - listed) <= since.pages, () => `${pages} pages of files, guest ${listed}`);
  const { total = 0, unaccounted = 0 } = memoryBalance(prog);
  // the counters that are summed drift one by one
  const least = -10 * drift;
  check.expect(
    unaccounted >= least && unaccounted <= total * 0.05,
    () => `${unaccounted} of ${total} pages unaccounted`,
  );
  return check;
}

/** What an overcommit limit is made of gives the guest's own CommitLimit. */
export function compareCommit(prog: Program, console: ConsoleText): Check {
  const check = new Check('commit');
  const { limit, ram, swap, hugetlb, ratio, kbytes, mode } = overcommit(prog);
  const guest = parseMemInfo(section(console, 'meminfo')).find((l) => l.name === 'CommitLimit')?.value;
  if (guest === undefined) return check;
  if (limit === undefined || ram === undefined || swap === undefined || ratio === undefined) {
    check.absent = 'variables that the kernel lists no symbols of';
    return check;
  }
  const kib = prog.pageSize / 1024;
  check.expect(limit * kib === guest, () => `limit ${limit * kib} kB, guest ${guest} kB`);
  const made = kbytes ? Math.floor(kbytes / kib) : Math.floor(((ram - hugetlb) * ratio) / 100);
  check.expect((made + swap) * kib === guest, () => `made of its parts ${(made + swap) * kib} kB, guest ${guest} kB`);
  check.expect(mode !== undefined, () => 'the mode is none that a kernel has');
  return check;
}
