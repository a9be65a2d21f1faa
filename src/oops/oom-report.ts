/** A process in the table of an OOM report. Sizes in pages where the name does not say otherwise. */
export interface OomTableRow {
  readonly pid: number;
  readonly uid: number;
  readonly tgid: number;
  readonly totalVm: number;
  readonly rss: number;
  readonly pageTableBytes: number;
  readonly swap: number;
  readonly adjust: number;
  readonly name: string;
}

/** The process that was killed, or chosen. */
export interface OomVictim {
  readonly pid: number;
  readonly comm: string;
  readonly anonKiB: number | undefined;
}

/** What the OOM killer wrote into the log on one call. */
export interface OomReport {
  /** Index of the line that begins it. */
  readonly line: number;
  /** The task whose allocation failed. */
  readonly comm: string;
  /** `GFP_KERNEL|__GFP_ZERO`, as the kernel spells it. */
  readonly gfp: string;
  /** It asked for 2^order pages. */
  readonly order: number;
  /** `CONSTRAINT_NONE`, `CONSTRAINT_MEMCG` ...; undefined when the report does not say. */
  readonly constraint: string | undefined;
  /** The control group that was out of memory. */
  readonly group: string | undefined;
  /** What that group had and might have, by the report. */
  readonly groupKiB: { readonly usage: number; readonly limit: number } | undefined;
  readonly rows: readonly OomTableRow[];
  readonly victim: OomVictim | undefined;
  /** What the kernel said as it panicked instead of killing. */
  readonly panic: string | undefined;
}

const START = /^(.{1,16}) invoked oom-killer: gfp_mask=0x[0-9a-f]+\(([^)]*)\)(?:, nodemask=[^,]*)?,\s+order=(-?\d+)/;
const HEADER = /^\[\s*pid\s*\]\s+uid\s+tgid\s+total_vm\s+rss\b/;
const ROW = /^\[\s*(\d+)\]\s+(\d.*)$/;
const CHOSEN = /^oom-kill:constraint=([A-Z_]+)(?:.*?,oom_memcg=([^,]*))?(?:.*?,task=(.*),pid=(\d+),uid=\d+)?/;
/** Both are printed only when it is a group that is out of memory (mem_cgroup_print_oom_meminfo(), mm/memcontrol.c). */
const GROUP = /^Memory cgroup stats for (\/.*?):(?: |$)/;
const GROUP_USAGE = /^memory: usage (\d{1,15})kB, limit (\d{1,16})kB, failcnt \d+/;
const LIMIT = /^Task in (?:.*) killed as a result of limit of (.*)$/;
const KILLED =
  /^(?:(?:Memory cgroup o|O)ut of memory.*: )?Killed process (\d+) \((.*)\)(?:,? UID \d+)?,? total-vm:\d+kB, anon-rss:(\d+)kB/;
const PANIC = /^Kernel panic - not syncing: ((?:Out of memory|System is deadlocked on memory).*)$/;
/** A report ends at the latest after so many lines: a table of every process of a machine, and more. */
const MAX_LINES = 100_000;
const MAX_REPORTS = 1000;

/** Every OOM report of a log. @param lines texts of the log without its time stamps */
export function oomReports(lines: readonly string[]): OomReport[] {
  const found: OomReport[] = [];
  for (let i = 0; i < lines.length && found.length < MAX_REPORTS; i++) {
    const start = START.exec(lines[i] as string);
    if (start) found.push(readReport(lines, i, start));
  }
  return found;
}

/** Whether it is a control group that ran out of memory, not the machine. */
export function isOfGroup({ constraint, group }: OomReport): boolean {
  return constraint === 'CONSTRAINT_MEMCG' && group !== undefined;
}

/** What is read line by line. */
interface Draft {
  constraint?: string;
  group?: string;
  groupKiB?: { readonly usage: number; readonly limit: number };
  victim?: OomVictim;
  panic?: string;
  columns?: readonly string[];
  readonly rows: OomTableRow[];
}

function readReport(lines: readonly string[], first: number, start: RegExpExecArray): OomReport {
  const draft: Draft = { rows: [] };
  for (let i = first + 1; i < lines.length && i < first + MAX_LINES; i++) {
    const line = lines[i] as string;
    if (START.test(line)) break;
    readLine(draft, line);
    if (draft.panic !== undefined) break;
  }
  return {
    line: first,
    comm: start[1] as string,
    gfp: start[2] as string,
    order: Number(start[3]),
    constraint: draft.constraint,
    group: draft.group,
    groupKiB: draft.groupKiB,
    rows: draft.rows,
    victim: draft.victim,
    panic: draft.panic,
  };
}

function readLine(draft: Draft, line: string): void {
  if (HEADER.test(line)) {
    draft.columns = line.replace(/^\[\s*pid\s*\]\s+/, '').split(/\s+/);
    return;
  }
  const row = draft.columns && ROW.exec(line);
  if (row) {
    const read = rowOf(draft.columns ?? [], Number(row[1]), row[2] as string);
    if (read) draft.rows.push(read);
    return;
  }
  const chosen = CHOSEN.exec(line);
  if (chosen) {
    draft.constraint = chosen[1] as string;
    if (chosen[2] !== undefined) draft.group = chosen[2];
    if (chosen[4] !== undefined) {
      draft.victim = { pid: Number(chosen[4]), comm: chosen[3] as string, anonKiB: undefined };
    }
  }
  readGroup(draft, line);
  const killed = KILLED.exec(line);
  if (killed) draft.victim = { pid: Number(killed[1]), comm: killed[2] as string, anonKiB: Number(killed[3]) };
  const panic = PANIC.exec(line);
  if (panic) draft.panic = panic[1] as string;
}

/** A panic comes before the line with the constraint: then only this tells that it is a group. */
function readGroup(draft: Draft, line: string): void {
  const limit = LIMIT.exec(line) ?? GROUP.exec(line);
  if (limit) {
    draft.group = limit[1] as string;
    draft.constraint ??= 'CONSTRAINT_MEMCG';
  }
  const usage = GROUP_USAGE.exec(line);
  if (usage) draft.groupKiB = { usage: Number(usage[1]), limit: Number(usage[2]) };
}

/** A row by the columns of its header: newer kernels have more of them (`rss_anon`, v6.9). */
function rowOf(columns: readonly string[], pid: number, text: string): OomTableRow | undefined {
  const words = text.split(/\s+/);
  const at = (name: string): number => {
    const i = columns.indexOf(name);
    return i < 0 ? 0 : Number(words[i] ?? Number.NaN);
  };
  const row = {
    pid,
    uid: at('uid'),
    tgid: at('tgid'),
    totalVm: at('total_vm'),
    rss: at('rss'),
    pageTableBytes: at('pgtables_bytes'),
    swap: at('swapents'),
    adjust: at('oom_score_adj'),
  };
  if (!Object.values(row).every(Number.isSafeInteger)) return undefined;
  return { ...row, name: words.slice(columns.indexOf('name')).join(' ') };
}
