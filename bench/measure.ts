import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One run of a whole process. */
export interface Run {
  /** User + system, in milliseconds. */
  readonly cpuMs: number;
  /** Peak resident size in MiB. */
  readonly peakMiB: number;
  readonly output: string;
  readonly status: number | null;
}

/** Runs a command under GNU time. @throws Error when it cannot be started at all */
export function measure(command: readonly string[], input?: string): Run {
  const dir = mkdtempSync(join(tmpdir(), 'inquest-bench-'));
  const report = join(dir, 'time');
  try {
    const child = spawnSync('time', ['-o', report, '-f', '%U %S %M', ...command], {
      input: input ?? '',
      encoding: 'latin1',
      maxBuffer: 1 << 28,
    });
    if (child.error) throw new Error(`cannot run GNU time (apt-get install time): ${child.error.message}`);
    const numbers = readFileSync(report, 'utf8').trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
    const [user = Number.NaN, system = Number.NaN, peak = Number.NaN] = numbers;
    return { cpuMs: (user + system) * 1000, peakMiB: peak / 1024, output: child.stdout, status: child.status };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
