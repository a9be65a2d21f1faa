import { hex64 } from '../base/hex.ts';
import { type HrClock, type HrTimerBase, hrTimers } from '../kernel/hrtimer.ts';
import { presentCpus } from '../kernel/percpu.ts';
import { type TimerBase, timers } from '../kernel/timer.ts';
import type { Program } from '../program/program.ts';
import { parseCpus } from '../report/args.ts';
import { command } from '../report/command.ts';
import { center, digits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, hexString, integer, nullable, object, optional, string } from '../report/schema.ts';

interface TimerData {
  readonly address: string;
  readonly expires: string;
  readonly function: string;
  readonly name: string | null;
}

interface WheelData {
  readonly cpu: number;
  readonly address: string;
  readonly name: string;
  readonly timers: readonly TimerData[];
}

interface ClockData {
  readonly index: number;
  readonly address: string;
  readonly clock: string;
  readonly now: string | null;
  readonly timers: readonly (TimerData & { readonly softExpires: string })[];
}

interface CpuData {
  readonly cpu: number;
  readonly address: string;
  readonly clocks: readonly ClockData[];
}

export interface TimersData {
  readonly jiffies?: string;
  readonly bases?: readonly WheelData[];
  readonly highResolution?: readonly CpuData[];
  readonly problems?: readonly ProblemData[];
}

const timerMembers = {
  address: hexString('`struct timer_list` or `struct hrtimer`.'),
  expires: string('When, decimal: in jiffies, of high-resolution timers in nanoseconds of the clock.'),
  function: hexString('What is called.'),
  name: nullable(string('Its symbol.')),
};

export const timer = command<TimersData>({
  name: 'timer',
  summary: 'timers that wait',
  description: [
    'Shows the timers of the timer wheels by expiry, each with the ticks that are left (TTE, negative when it is due) and ' +
      'its function, and the high-resolution timers of every CPU and clock, in nanoseconds. The time that is left counts ' +
      'from the last tick.',
  ],
  args: {
    options: [
      { flag: 'r', help: 'high-resolution timers only' },
      { flag: 'C', value: 'cpus', help: 'of these CPUs only: 0,2-4' },
    ],
  },
  examples: [
    {
      line: 'timer -C 0',
      shows: 'The timers of one CPU:',
      output: [
        'TIMER_BASES[0][BASE_STD]: ffff8f13df220980',
        '  EXPIRES        TTE           TIMER_LIST     FUNCTION',
        '  4294897013         87  ffffd4928011fe58  ffffffff82143f80  <process_timeout>',
      ].join('\n'),
    },
  ],
  schema: object('Timers.', {
    jiffies: optional(string('`jiffies_64`, decimal; without -r.')),
    bases: optional(
      arrayOf(
        'The timer wheels; without -r.',
        object('`struct timer_base`.', {
          cpu: integer('Whose it is.'),
          address: hexString('Where it is.'),
          name: string('`STD`, `LOCAL`, `GLOBAL` or `DEF`.'),
          timers: arrayOf('By expiry.', object('A timer.', timerMembers)),
        }),
      ),
    ),
    highResolution: optional(
      arrayOf(
        'High-resolution timers, by CPU.',
        object('`struct hrtimer_cpu_base`.', {
          cpu: integer('Whose it is.'),
          address: hexString('Where it is.'),
          clocks: arrayOf(
            'Its clocks.',
            object('`struct hrtimer_clock_base`.', {
              index: integer('Place in `clock_base`.'),
              address: hexString('Where it is.'),
              clock: string('The function that reads the clock.'),
              now: nullable(string('The clock at the last tick, decimal, in nanoseconds.')),
              timers: arrayOf(
                'By expiry.',
                object('A timer.', { ...timerMembers, softExpires: string('The earliest time, decimal.') }),
              ),
            }),
          ),
        }),
      ),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const wanted = args.value('C');
    const cpus = wanted === undefined ? undefined : parseCpus(wanted, presentCpus(prog), 'timer');
    const isWanted = ({ cpu }: { readonly cpu: number }): boolean => cpus?.includes(cpu) ?? true;
    const wheels = args.has('r') ? undefined : timers(prog);
    const high = hrTimers(prog);
    return {
      ...(wheels && {
        jiffies: `${wheels.jiffies}`,
        bases: wheels.bases.filter(isWanted).map((base) => wheelData(prog, base)),
      }),
      highResolution: high.bases.filter(isWanted).map((base) => cpuData(prog, base)),
      ...problemsOf(wheels?.problems, high.problems),
    };
  },
  *blocks(data) {
    if (data.bases) yield { kind: 'lines', lines: wheelLines(data) };
    yield { kind: 'lines', lines: highLines(data.highResolution ?? []) };
    yield* problemBlocks(data);
  },
});

function timerData(
  prog: Program,
  one: { readonly address: bigint; readonly expires: bigint; readonly function: bigint },
): TimerData {
  const symbol = prog.symbolAt(one.function);
  return {
    address: hex64(one.address),
    expires: `${one.expires}`,
    function: hex64(one.function),
    name: symbol ? symbol.name + (one.function === symbol.address ? '' : `+${one.function - symbol.address}`) : null,
  };
}

function wheelData(prog: Program, base: TimerBase): WheelData {
  const { cpu, name } = base;
  return { cpu, name, address: hex64(base.address), timers: base.timers.map((one) => timerData(prog, one)) };
}

function cpuData(prog: Program, base: HrTimerBase): CpuData {
  const clock = (one: HrClock): ClockData => ({
    index: one.index,
    address: hex64(one.address),
    clock: one.clock,
    now: one.now === undefined ? null : `${one.now}`,
    timers: one.timers.map((t) => ({ ...timerData(prog, t), softExpires: `${t.softExpires}` })),
  });
  return { cpu: base.cpu, address: hex64(base.address), clocks: base.clocks.map(clock) };
}

// ---- text, in crash's layout

const widest = (texts: readonly string[], least: number): number => Math.max(least, ...texts.map((t) => t.length));

function nameOf({ name }: TimerData): string {
  return name === null ? '' : `  <${name}>`;
}

function* wheelLines({ jiffies = '0', bases = [] }: TimersData): Iterable<string> {
  yield center('JIFFIES', jiffies.length);
  yield jiffies;
  let cpu = -1;
  for (const base of bases) {
    if (base.cpu !== cpu) yield '';
    cpu = base.cpu;
    yield `TIMER_BASES[${base.cpu}][BASE_${base.name}]: ${digits(base.address)}`;
    if (base.timers.length === 0) {
      yield '  (none)';
      continue;
    }
    const left = base.timers.map((t) => `${BigInt(t.expires) - BigInt(jiffies)}`);
    const width = widest(
      base.timers.map((t) => t.expires),
      7,
    );
    const leftWidth = widest(left, 3) + 1;
    yield `  ${'EXPIRES'.padEnd(width)}     ${'TTE'.padEnd(leftWidth)}  ${center('TIMER_LIST', 16)}  FUNCTION`;
    for (const [i, t] of base.timers.entries()) {
      const numbers = `  ${t.expires.padStart(width)}  ${(left[i] as string).padStart(leftWidth)}`;
      yield `${numbers}  ${digits(t.address)}  ${digits(t.function)}${nameOf(t)}`;
    }
  }
  yield '';
}

function* highLines(cpus: readonly CpuData[]): Iterable<string> {
  for (const { cpu, address, clocks } of cpus) {
    yield `CPU: ${cpu}  HRTIMER_CPU_BASE: ${digits(address)}`;
    for (const clock of clocks) {
      yield `  CLOCK: ${clock.index}  HRTIMER_CLOCK_BASE: ${digits(clock.address)}  [${clock.clock}]`;
      if (clock.timers.length === 0) yield '  (empty)';
      else yield* clockLines(clock);
      yield '';
    }
  }
}

/** Centred, the odd space to the left. */
function centered(text: string, width: number): string {
  return text.length < width ? center(` ${text}`, width) : text;
}

function* clockLines({ now, timers: list }: ClockData): Iterable<string> {
  const left = list.map((t) => (now === null ? '?' : `${BigInt(t.expires) - BigInt(now)}`));
  const soft = widest(
    list.map((t) => t.softExpires),
    11,
  );
  const hard = widest(
    list.map((t) => t.expires),
    7,
  );
  const leftWidth = widest(left, 3);
  yield `  ${centered('CURRENT', soft)}`;
  yield `  ${centered(now ?? '?', soft)}`;
  const columns = [centered('SOFTEXPIRES', soft), centered('EXPIRES', hard), centered('TTE', leftWidth)];
  yield `  ${columns.join('  ')}  ${center('HRTIMER', 16)}  ${center('FUNCTION', 16)}`;
  for (const [i, t] of list.entries()) {
    const numbers = [centered(t.softExpires, soft), centered(t.expires, hard), (left[i] as string).padStart(leftWidth)];
    yield `  ${numbers.join('  ')}  ${digits(t.address)}  ${digits(t.function)}${nameOf(t)}`;
  }
}
