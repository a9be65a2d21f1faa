import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^vm -f/,
    line: /\b(?:CAN_NONLINEAR|RESERVED|EXECUTABLE|NOHUGEPAGE|ALWAYSDUMP|NODUMP|SAO|GROWSUP|PFN_AT_MMAP|PFNMAP|NORESERVE)\b/,
    why: 'crash names the bits of vm_flags as kernels before 3.x did; bit 27 (CAN_NONLINEAR) is SOFTDIRTY today, for example.',
  },
  {
    command: /^(?:foreach .*)?vm\b/,
    line: /(?: dev\/zero| SYSV[0-9a-f]{8}| memfd:.*)$|FILE: (?:dev\/zero|SYSV[0-9a-f]{8}|memfd:.*) /,
    ours: / \/(?:dev\/zero|SYSV[0-9a-f]{8}|memfd:.*) \(deleted\)/,
    why: 'Shared memory has the name that /proc/PID/maps shows, with its slash and "(deleted)".',
    truth: 'maps of lab-ipc: /SYSV00001ab1 (deleted)',
  },
  {
    command: /^(?:foreach .*)?vm\b/,
    line: /^[0-9a-f]{16} +[0-9a-f]{5,16} +\d+k +\d+k$/,
    apart: / +\d+k +(?=\d+k$)/g,
    why:
      'Resident pages that CPUs or threads have counted for themselves belong to it, and those in swap space do not; crash ' +
      'counts otherwise, and differently for two tasks that share their memory.',
    truth:
      'lab-vfork-kid shares the memory of lab-vfork: both have the same VmRSS in /proc/PID/status (arm64-6.1-null)',
  },
  {
    command: /^(?:foreach .*)?vm\b/,
    ours: /\(deleted\)|\[anon/,
    why: 'A file that has been unlinked is marked, as in /proc/PID/maps, and memory that its process named has that name.',
    truth: 'maps of the processes',
  },
];
