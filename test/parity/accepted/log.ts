import type { Accepted } from '../accepted.ts';

const TIME = /^\[\w{3} \w{3} +\d+ [\d:]{8} \w+ \d{4}\]/;

/** Seconds that our time of a line is later. */
function later(crash: string, ours: string): number {
  const at = (text: string): number => Date.parse(TIME.exec(text)?.[0].slice(1, -1) ?? '');
  return (at(ours) - at(crash)) / 1000;
}

export const accepted: readonly Accepted[] = [
  {
    command: /^log -T/,
    apart: new RegExp(TIME, 'g'),
    alike: (crash, ours) => Math.abs(later(crash, ours)) === 1,
    why:
      'The clock at the crash less the time since boot is known to the nanosecond; crash takes both in whole seconds, and ' +
      'is a second off.',
  },
  {
    command: /^log -T/,
    apart: new RegExp(TIME, 'g'),
    alike: (crash, ours) => later(crash, ours) > 60 && later(crash, ours) < 3600,
    why: 'From Linux 6.12 on crash has an uptime that is minutes too long, and so a time of boot that is too early.',
    truth: '[   22.329091] is the last line of a log in which crash has an uptime of 00:03:50 (amd64-6.12-null)',
  },
];
