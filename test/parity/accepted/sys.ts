import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^sys -c/,
    apart: /__(?:x64|ia32|do|se|arm64)_(?=sys_)| +/g,
    why: 'A function with several names has the one that the kernel prints in a trace; crash has any of them.',
  },
  {
    command: /^sys$/,
    line: /^KERNEL: /,
    ours: /^KERNEL: /,
    why: 'The kernel is named by its release: no vmlinux is needed. Behind it stands where symbols and types come from.',
  },
  {
    command: /^sys$/,
    line: /^DUMPFILE: /,
    ours: /^DUMPFILE: /,
    why: 'A dump is named by its file, without the folder.',
  },
  {
    command: /^sys$/,
    ours: /^(?:PID|COMMAND|TASK|CPU|STATE): /,
    why: 'Who crashed is part of it, as crash prints at its start.',
  },
  {
    command: /^sys -c/,
    line: /_ni_syscall /,
    apart: /: \d+$/g,
    why: 'Two lines begin at its one instruction: that of the function and that of the statement.',
  },
  {
    command: /^sys$/,
    line: /^UPTIME: /,
    ours: /^UPTIME: /,
    why: 'The uptime is that of the monotonic clock; by ticks crash has minutes more from Linux 6.12 on.',
    truth: '[   22.329091] is the last line of the log (amd64-6.12-null)',
  },
  {
    command: /^sys$/,
    line: /^MACHINE: \w+ {2}\(unknown Mhz\)$/,
    ours: /^MACHINE: \w+$/,
    why: 'A clock rate that is not known is left out.',
  },
  {
    command: /^sys -c/,
    line: /\.\.debian\/build\//,
    apart: /\.\.(?:debian\/build\/[\w-]+)?(?=\/)/g,
    why: 'The path of a file of the kernel begins at its source tree, on arm64 as on x86.',
  },
  {
    command: /^sys -c/,
    line: /\.\.debian\/build\//,
    apart: /\.\.(?:debian\/build\/[\w-]+)?\/\S+: \d+$/g,
    why:
      'On arm64 a function begins behind the room for tracing that its symbol points to, and there is its line; crash takes ' +
      'the line of what lies before that.',
    truth: 'fs/aio.c: 1350 of the two is SYSCALL_DEFINE2(io_setup, ...); for crash it is 941 (arm64-6.1-null)',
  },
  {
    command: /^sys -c/,
    apart: /\s+\.\.\/\S+: \d+$/g,
    alike: (crash) => !/: \d+$/.test(crash),
    why: 'The line of a system call is found on arm64 where crash has none.',
  },
  {
    command: /^sys$/,
    line: / \(check log for details\)$/,
    apart: / \(check log for details\)$/g,
    why: 'The message of the panic is whole; the log has the rest of the story in any case.',
  },
];
