import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lab } from '../parity/lab-dumps.ts';

/** What a tool printed of one dump. */
export interface PeerAnswers {
  /** It came to a prompt, or raised nothing while opening. */
  readonly opened: boolean;
  readonly tasks: number;
  readonly records: number;
  readonly frames: number;
  /** The last line that it said when it gave up. */
  readonly last: string;
  /** It did not end by itself: the time was over, or a signal came. */
  readonly end?: 'hung' | 'died';
}

const PATIENCE = 60_000;

const DRGN = `
import sys
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.printk import get_printk_records
def count(name, make):
    n = 0
    try:
        for x in make():
            n += 1
    except Exception as e:
        print(name, "stopped", type(e).__name__, e)
    print("@@", name, n)
print("@@ opened 1")
def named():
    for t in for_each_task(prog):
        t.comm.string_()
        t.pid.value_()
        yield t
count("tasks", named)
count("records", lambda: get_printk_records(prog))
count("frames", lambda: prog.crashed_thread().stack_trace())
`;

/** The newest that `npm run lab -- peers` has fetched, else the machine's. */
function peer(name: string): string {
  const newest = join(lab, 'peers', `${name}-sid`);
  return existsSync(newest) ? newest : name;
}

/** Runs crash on a dump. @param files the vmlinux is put before them @param program crash of another CPU */
export function askCrash(vmlinux: string, files: readonly string[], program = 'crash'): PeerAnswers {
  const input = 'ps\n!echo @@ps\nlog\n!echo @@log\nbt\n!echo @@bt\n';
  const { stdout, signal, error } = spawnSync(peer(program), ['-s', vmlinux, ...files], {
    input,
    encoding: 'latin1',
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 28,
    env: { ...process.env, TERM: 'dumb', HOME: '/nonexistent' },
  });
  const text = stdout ?? '';
  const [ps = '', rest = ''] = cutAt(text, '@@ps');
  const [log = '', bt = ''] = cutAt(rest, '@@log');
  return {
    opened: text.includes('@@ps'),
    tasks: linesLike(ps, /^>?\s+\d+\s+-?\d+\s+\d+\s+[0-9a-f]{16}\s/),
    records: linesLike(log, /^\[\s*\d+\.\d+\]/),
    frames: linesLike(bt, /^ *#\d+ \[/),
    last: lastLine(text),
    ...endOf(signal, error),
  };
}

/** Runs drgn on a dump. It opens one file only. */
export function askDrgn(vmlinux: string, files: readonly string[]): PeerAnswers {
  const folder = mkdtempSync(join(tmpdir(), 'inquest-drgn-'));
  try {
    const script = join(folder, 'ask.py');
    writeFileSync(script, DRGN);
    const { stdout, stderr, signal, error } = spawnSync(
      peer('drgn'),
      ['-q', '-c', files[0] as string, '-s', vmlinux, script],
      {
        encoding: 'latin1',
        timeout: PATIENCE,
        killSignal: 'SIGKILL',
      },
    );
    const number = (name: string): number => Number(new RegExp(`@@ ${name} (\\d+)`).exec(stdout ?? '')?.[1] ?? 0);
    return {
      opened: number('opened') === 1,
      tasks: number('tasks'),
      records: number('records'),
      frames: number('frames'),
      last: lastLine(stderr || stdout || ''),
      ...endOf(signal, error),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function endOf(signal: NodeJS.Signals | null, error: Error | undefined): Pick<PeerAnswers, 'end'> {
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT') return { end: 'hung' };
  return signal === null ? {} : { end: 'died' };
}

function cutAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

function linesLike(text: string, shape: RegExp): number {
  return text.split('\n').filter((line) => shape.test(line)).length;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 120) ?? '';
}
