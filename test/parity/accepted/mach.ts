import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^mach$/,
    line: /^HZ: 1000$/,
    ours: /^HZ: 250$/,
    why: 'HZ is told by the constants that the kernel was built with; crash takes 1000 where it finds no configuration.',
    truth: 'CONFIG_HZ=250 (amd64-6.12-null)',
  },
  {
    command: /^mach$/,
    line: /^CPUS: \d+$/,
    ours: /^CPUS: \d+ \[OFFLINE: \d+\]$/,
    why: 'crash counts on arm64 only the CPUs that are still online after a panic; its own `sys` says how many there are.',
  },
  {
    command: /^mach$/,
    line: /^\(unknown\) STACKS?( SIZE: 0|:)$|\[unavailable\]$/,
    ours: /^(MCE|VC2?) STACK|\[unavailable\]$|^CPU \d+: fffffe/,
    why: 'The stacks for machine checks and for #VC are told by the members of `struct cea_exception_stacks`; crash names one of them `(unknown)` with size 0 and leaves the others out.',
  },
  {
    command: /^mach$/,
    ours: /^(MCE|VC2?|entry|SDEI-\w+) STACK|^CPU \d+: [0-9a-f]+( \[unavailable\])?$/,
    why: 'Stacks of CPUs that crash does not list: of the entry from user space, of #VC, of firmware events.',
  },
];
