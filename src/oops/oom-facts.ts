/** What the OOM killer printed: mm/oom_kill.c. */
export interface OomFacts {
  /** The task that asked for memory. */
  readonly invoker?: string;
  readonly gfp?: string;
  readonly order?: number;
  readonly constraint?: string;
  readonly victim?: { readonly pid: number; readonly comm: string };
  /** Rows of the task table. */
  readonly tasks: readonly OomTask[];
}

export interface OomTask {
  readonly pid: number;
  readonly comm: string;
  /** Pages. */
  readonly totalVm: number;
  readonly rss: number;
  readonly scoreAdjust: number;
}

const INVOKED = /^(.{1,64}) invoked oom-killer: gfp_mask=(0x[0-9a-f]+(?:\([^)]*\))?),.*?\border=(-?\d+)/;
const CONSTRAINT = /^oom-kill:constraint=(\w+)/;
const KILLED = /(?:Killed process|Kill process) (\d+),? \(([^)]{1,64})\)/;
/** `[  pid  ]   uid  tgid total_vm      rss ... pgtables_bytes swapents oom_score_adj name`. */
const ROW = /^\[\s*(\d+)\]\s+\d+\s+\d+\s+(\d+)\s+(\d+)\s+(?:\d+\s+)*?(-?\d+)\s+(\S.{0,63})$/;
const MAX_TASKS = 500;

/** @returns undefined when the lines are no report of the OOM killer */
export function readOom(lines: readonly string[]): OomFacts | undefined {
  let facts: Omit<OomFacts, 'tasks'> | undefined;
  const tasks: OomTask[] = [];
  for (const line of lines) {
    const invoked = INVOKED.exec(line);
    if (invoked)
      facts = { ...facts, invoker: invoked[1] as string, gfp: invoked[2] as string, order: Number(invoked[3]) };
    const constraint = CONSTRAINT.exec(line);
    if (constraint) facts = { ...facts, constraint: constraint[1] as string };
    const killed = KILLED.exec(line);
    if (killed) facts = { ...facts, victim: { pid: Number(killed[1]), comm: killed[2] as string } };
    const row = line.startsWith('[') && tasks.length < MAX_TASKS ? ROW.exec(line) : null;
    if (row) {
      tasks.push({
        pid: Number(row[1]),
        comm: row[5] as string,
        totalVm: Number(row[2]),
        rss: Number(row[3]),
        scoreAdjust: Number(row[4]),
      });
    }
  }
  return facts && { ...facts, tasks };
}
