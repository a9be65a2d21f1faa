import { UsageError } from '../base/errors.ts';
import type { Settings } from './settings.ts';

/** A variable of `set`: how it is shown and changed. */
export interface Variable {
  readonly name: string;
  /** What a value means, for help. */
  readonly takes: string;
  show(settings: Settings): string;
  /** The line that `set` prints for it, where it is not `name: value`. */
  line?(settings: Settings): string;
  /** @throws UsageError */
  change(settings: Settings, value: string): void;
}

type Flag = 'printArray' | 'nullStop' | 'zeroExcluded' | 'silent' | 'redzone' | 'gdb';

function flag(name: string, key: Flag): Variable {
  return {
    name,
    takes: 'on | off',
    show: (s) => (s[key] ? 'on' : 'off'),
    change: (s, value) => {
      s[key] = onOff(name, value);
    },
  };
}

/** A variable of crash that means nothing here; it is kept so that start-up files are understood. */
function inert(name: string): Variable {
  return {
    name,
    takes: 'anything; nothing here depends on it',
    show: (s) => s.inert.get(name) ?? '',
    change: (s, value) => {
      s.inert.set(name, value);
    },
  };
}

function onOff(name: string, value: string): boolean {
  if (value === 'on' || value === '1') return true;
  if (value === 'off' || value === '0') return false;
  throw new UsageError(`set: ${name} is on or off, not '${value}'`);
}

const PAGERS = { less: '/usr/bin/less', more: '/bin/more', CRASHPAGER: 'CRASHPAGER' } as const;
const BASES = { 10: 'decimal', 16: 'hex' } as const;

const scroll: Variable = {
  name: 'scroll',
  takes: 'on | off | less | more | CRASHPAGER',
  show: (s) => (s.scroll ? `on (${PAGERS[s.pager]})` : 'off (none)'),
  change: (s, value) => {
    if (value === 'less' || value === 'more' || value === 'CRASHPAGER') {
      s.pager = value;
      s.scroll = true;
    } else s.scroll = onOff('scroll', value);
  },
};

const radix: Variable = {
  name: 'radix',
  takes: '10 | 16',
  show: (s) => `${s.radix} (${BASES[s.radix]})`,
  line: (s) => `output radix: ${s.radix} (${BASES[s.radix]})`,
  change: (s, value) => {
    if (!/^(?:10|16|dec|decimal|hex|hexadecimal)$/.test(value))
      throw new UsageError(`set: radix is 10 or 16, not '${value}'`);
    s.radix = /^(?:10|dec)/.test(value) ? 10 : 16;
  },
};

const printMax: Variable = {
  name: 'print_max',
  takes: 'number',
  show: (s) => String(s.printMax),
  change: (s, value) => {
    const n = Number(value);
    if (!/^(?:0x)?[0-9a-f]{1,7}$/i.test(value) || Number.isNaN(n)) {
      throw new UsageError(`set: print_max is a number below 16777216, not '${value}'`);
    }
    s.printMax = n;
  },
};

const offline: Variable = {
  name: 'offline',
  takes: 'show | hide',
  show: (s) => s.offline,
  change: (s, value) => {
    if (value !== 'show' && value !== 'hide') throw new UsageError(`set: offline is show or hide, not '${value}'`);
    s.offline = value;
  },
};

/** In the order in which `set -v` shows them. */
export const sessionVariables: readonly Variable[] = [
  scroll,
  radix,
  inert('refresh'),
  printMax,
  flag('print_array', 'printArray'),
  { ...inert('console'), line: (s) => `console: ${s.inert.get('console')?.replace('(not assigned)', 'not set')}` },
  inert('debug'),
  {
    ...inert('core'),
    line: (s) =>
      `core: ${s.inert.get('core') === 'on' ? 'on (drop core on error message)' : 'off (do NOT drop core on error message)'}`,
  },
  inert('hash'),
  flag('silent', 'silent'),
  inert('edit'),
  inert('namelist'),
  inert('unwind'),
  flag('zero_excluded', 'zeroExcluded'),
  flag('null-stop', 'nullStop'),
  flag('gdb', 'gdb'),
  inert('scope'),
  offline,
  flag('redzone', 'redzone'),
  inert('error'),
];
