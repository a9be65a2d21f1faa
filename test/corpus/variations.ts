import { readLines } from '../../src/log/read-lines.ts';
import { findReports } from '../../src/oops/find-reports.ts';
import { listedFirst } from './compare-case.ts';
import type { CorpusCase } from './read-case.ts';

/** The same log told in another way, and the title that it must get; undefined where the variation does not apply. */
type Vary = (of: CorpusCase, lastLine: number) => { readonly log: string; readonly title: string } | undefined;

const STAMP = /^(?:<\d+>)?\[ *\d+\.\d{6}\](?!\[)/;
const CALLER = /^(?:<\d+>)?\[ *\d+\.\d{6}\]\[ *[TC]\d+\]/m;
/** Names that stand for a group of functions, so that a new name is no such one. */
const FIXED = /^(?:corrupted|sys_\w+|rtnl_\w*|synchronize_\w+|smp_call_function\w*)$/;

function byLine(of: CorpusCase, each: (line: string, number: number) => string): { log: string; title: string } {
  return { log: of.log.split('\n').map(each).join('\n'), title: of.title };
}

/** One after the other with every log of the corpus. */
const VARIATIONS: Readonly<Record<string, Vary>> = {
  'the culprit has another name': (of) => {
    const name = of.frame ?? / in (\w+)(?:\/usb_submit_urb)?$/.exec(of.title)?.[1];
    if (name === undefined || FIXED.test(name) || !of.title.includes(` in ${name}`)) return undefined;
    if (!new RegExp(`(?<![\\w:])${name}[+.]`).test(of.log)) return undefined;
    const other = 'quux_turn_knob';
    const rename = (text: string): string => text.replaceAll(new RegExp(`(?<![\\w])${name}(?![\\w])`, 'g'), other);
    return { log: rename(of.log), title: rename(of.title) };
  },
  'every line names its caller': (of) => {
    if (of.corrupted || CALLER.test(of.log) || !of.log.split('\n').some((l) => STAMP.test(l))) return undefined;
    return byLine(of, (line) => line.replace(STAMP, (stamp) => `${stamp}[ T4242]`));
  },
  'lines have a level': (of) => byLine(of, (line) => (/^\[ *\d/.test(line) ? `<4>${line}` : line)),
  'lines come from syslog': (of) =>
    of.log.split('\n').every((l) => /^\[ *\d/.test(l) || l.trim() === '')
      ? byLine(of, (line) => (line === '' ? line : `Mar  1 02:03:04 host kernel: ${line}`))
      : undefined,
  'lines end in CR LF': (of) => byLine(of, (line) => `${line.replace(/\r$/, '')}\r`),
  'a driver chatters in between': (of) =>
    byLine(of, (line, number) => {
      const stamp = STAMP.exec(line)?.[0];
      return stamp && number % 3 === 0 ? `${line}\n${stamp} usb 1-1: new high-speed USB device number ${number}` : line;
    }),
  'the log ends with the report': (of, lastLine) => ({
    log: `${of.log.split('\n').slice(0, lastLine).join('\n')}\n`,
    title: of.title,
  }),
  'boot messages come first': (of) => ({
    log: `${Array.from({ length: 40 }, (_, i) => `[    0.${100000 + i}] pci 0000:00:0${i % 8}.0: reg 0x${i}: [mem 0xfebc0000-0xfebdffff]`).join('\n')}\n${of.log}`,
    title: of.title,
  }),
};

/** How many of the logs that get their title get it in each variation. */
export function countVariations(
  cases: readonly CorpusCase[],
): Map<string, { applies: number; follows: number; missed: string[] }> {
  const counts = new Map<string, { applies: number; follows: number; missed: string[] }>();
  for (const [what, vary] of Object.entries(VARIATIONS)) {
    const count = { applies: 0, follows: 0, missed: [] as string[] };
    for (const of of cases) {
      const bytes = new TextEncoder().encode(of.log);
      const report = findReports(readLines(bytes))[0];
      const varied = vary(of, report?.lastLine ?? of.log.length);
      if (!varied || of.title === '') continue;
      count.applies++;
      const got = listedFirst(of.name, new TextEncoder().encode(varied.log))?.title ?? '';
      if (got === varied.title || of.alt.includes(got)) count.follows++;
      else count.missed.push(`${of.name}: "${varied.title}", got "${got}"`);
    }
    counts.set(what, count);
  }
  return counts;
}
