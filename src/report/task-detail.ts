import { center } from './pad.ts';
import { arrayOf, hexString, object, type Schema, string } from './schema.ts';
import { taskLine } from './stack-lines.ts';
import type { TaskName } from './task-data.ts';

/** Times of a task; 64-bit values as JSON. */
export interface TimesData {
  readonly lastRunNs: string;
  readonly sinceRunNs: string;
  readonly startNs: string;
  readonly runTimeNs: string;
  readonly userNs: string;
  readonly systemNs: string;
}

export interface LimitData {
  readonly resource: string;
  readonly current: string;
  readonly maximum: string;
}

export const timesSchema: Schema = object('Times in nanoseconds (`-t`, `-l`, `-m`).', {
  lastRunNs: hexString('Clock of the scheduler when it last got its CPU.'),
  sinceRunNs: hexString('How long ago that was.'),
  startNs: hexString('Monotonic clock when it was created.'),
  runTimeNs: hexString('How long it has existed.'),
  userNs: hexString('CPU time in user mode.'),
  systemNs: hexString('CPU time in the kernel.'),
});

export const limitsSchema: Schema = arrayOf(
  'Resource limits (`-r`).',
  object('One limit.', {
    resource: string('Name without RLIMIT_.'),
    current: hexString('Soft limit; all ones for none.'),
    maximum: hexString('Hard limit; all ones for none.'),
  }),
);

function clock(ns: bigint): string {
  const s = ns / 1000000000n;
  return [s / 3600n, (s / 60n) % 60n, s % 60n].map((n) => String(n).padStart(2, '0')).join(':');
}

/** `ps -t` */
export function timesLines(task: TaskName, times: TimesData): string[] {
  return [
    taskLine(task),
    `    RUN TIME: ${clock(BigInt(times.runTimeNs))}`,
    `  START TIME: ${BigInt(times.startNs)}`,
    `       UTIME: ${BigInt(times.userNs)}`,
    `       STIME: ${BigInt(times.systemNs)}`,
    '',
  ];
}

/** The stamp of `ps -m`: days, hours, minutes, seconds, milliseconds. */
export function sinceText(ns: bigint): string {
  const ms = ns / 1000000n;
  const days = ms / 86400000n;
  return `${days} ${clock(ns % 86400000000000n)}.${String(ms % 1000n).padStart(3, '0')}`;
}

/** `ps -r` */
export function limitLines(task: TaskName, limits: readonly LimitData[]): string[] {
  const shown = (value: string): string => {
    const n = BigInt(value);
    return center(n === 0xffffffffffffffffn ? '(unlimited)' : String(n), 11);
  };
  const rows = limits.map((l) => `${l.resource.padStart(12)}   ${shown(l.current)}   ${shown(l.maximum)}`.trimEnd());
  return [taskLine(task), '      RLIMIT     CURRENT       MAXIMUM', ...rows, ''];
}

/** `ps -a` */
export function argumentLines(task: TaskName, args: readonly string[], environment: readonly string[]): string[] {
  const [first = '', ...rest] = environment;
  return [taskLine(task), `ARG: ${args.join(' ')}`, `ENV: ${first}`, ...rest.map((e) => `     ${e}`), ''];
}
