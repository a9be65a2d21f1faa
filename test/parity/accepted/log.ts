import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^log -T/,
    apart: /^\[\w{3} \w{3} +\d+ [\d:]{8} \w+ \d{4}\]/g,
    why:
      'The clock at the crash less the time since boot is known to the nanosecond; crash takes both in whole seconds, and ' +
      'is a second off, or by as much as its uptime is wrong.',
  },
];
