import { KINDS } from './scenario-kinds.ts';
import { type Scenario, scenario } from './scenarios.ts';

/** Every access checked under emulation takes its time. */
const SLOW = { memMiB: 1024, timeoutSeconds: 600 } as const;
const CHECKS = 'page_owner=on kasan.fault=panic lab.quiet=1 lab.nohog=1';
const CHECKED = { ...SLOW, append: CHECKS } as const;
const TWICE = { ...CHECKED, expect: /KASAN: double-free/ };
/** Who frees an inode reads it before. */
const FREED = { ...CHECKED, expect: /KASAN: slab-use-after-free/ };

/** What labkasan.ko does, and how KASAN or another check of the kernel must name it. */
const MISUSES: Readonly<Record<string, RegExp>> = {
  handfreed: /KASAN: slab-use-after-free in barge_tonnes/,
  rcufreed: /KASAN: slab-use-after-free in barge_tonnes/,
  workfreed: /KASAN: slab-use-after-free in barge_tonnes/,
  beyond: /KASAN: slab-out-of-bounds in fill_name/,
  cargo: /KASAN: slab-out-of-bounds in set_cargo/,
  large: /KASAN: \S*out-of-bounds in byte_of/,
  page: /KASAN: use-after-free in byte_of/,
  vmalloc: /KASAN: vmalloc-out-of-bounds in byte_of/,
  vgone: /KASAN: \S+ in byte_of/,
  stack: /KASAN: stack-out-of-bounds in byte_of/,
  global: /KASAN: global-out-of-bounds in byte_of/,
  twice: /KASAN: double-free in mode_twice/,
  rcuqueued: /KASAN: slab-use-after-free in rcu_/,
  rcutwice: /KASAN: double-free in/,
  inside: /KASAN: invalid-free in mode_inside/,
  bounds: /RIP: 0010:mode_bounds/,
  timer: /ODEBUG: free active/,
  readers: /Showing all locks held/,
  spinab: /possible circular locking dependency/,
  spinkept: /soft lockup/,
};

/** Waits that the other guests know, of which lockdep knows more. */
const WAITS = ['ring', 'ringsem', 'rwcycle', 'locks', 'hungrwsem'] as const;

/** Dumps of kernels that somebody has built; only the command `built` makes them. */
export const BUILT_SCENARIOS: readonly Scenario[] = [
  scenario('amd64-6.12-kasan', 'sysrq', CHECKED),
  scenario('amd64-6.12-kasan', 'null', CHECKED),
  scenario('amd64-6.12-kasan', 'uaf', TWICE),
  scenario('amd64-6.12-kasan', 'dfree', TWICE),
  scenario('amd64-6.12-kasan', 'inode', FREED),
  scenario('amd64-6.12-kasan', 'rcuinode', FREED),
  scenario('amd64-6.12-kasan', 'abba', { ...CHECKED, expect: /possible circular locking dependency/ }),
  ...WAITS.map((kind) => scenario('amd64-6.12-kasan', kind, { ...SLOW, append: `${CHECKS} ${KINDS[kind].append}` })),
  ...Object.entries(MISUSES).map(
    ([mode, expect]): Scenario => ({
      ...{ name: `amd64-6.12-kasan-${mode}`, kernel: 'amd64-6.12-kasan', guest: 'kasan', mode, expect },
      ...CHECKED,
    }),
  ),
];
