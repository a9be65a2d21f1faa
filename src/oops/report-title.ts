import type { LogLine } from '../log/log-line.ts';
import type { CallTrace } from './call-trace.ts';
import { anchorCulprit, type Culprit, firstCulprit, interruptedCulprit, waitCulprit } from './culprit.ts';
import { plainFunction } from './function-name.ts';
import type { ReportStart } from './match-start.ts';
import type { ReportBody } from './report-body.ts';
import type { ReportFormat } from './report-format.ts';
import { titleNames } from './title-names.ts';
import { oneLine, titleWords } from './title-words.ts';

/** A report's name, and what it rests on. */
export interface ReportTitle {
  readonly format: ReportFormat;
  readonly title: string;
  readonly altTitles: readonly string[];
  readonly type: string;
  readonly frame: string;
  readonly corrupted: false | string;
  /** Index of the trace that the culprit was found in. */
  readonly trace?: number;
}

/** Lines after the first in which a format's `next` may stand. */
const THEN_WITHIN = 120;

interface Chosen {
  readonly format: ReportFormat;
  readonly groups: Record<string, string>;
}

/**
 * Names a report by its first line and its stacks.
 * @param own the lines of its own
 * @param from index of its first line among them
 */
export function titleOf(start: ReportStart, own: readonly LogLine[], from: number, body: ReportBody): ReportTitle {
  const { format, groups } = choose(start, own, from);
  const found = culpritOf(format, groups, body);
  const names = found ?? ['corrupted'];
  const needs = format.culprit !== 'none';
  const titles = names.map((n) => fill(format.title, groups, n));
  const alts = names.flatMap((n) => (format.alt ?? []).map((a) => fill(a, groups, n)));
  const likely = found === undefined ? likelyCulprit(format, body) : undefined;
  if (likely !== undefined) titles.push(fill(format.title, groups, likely));
  const title = titles[0] as string;
  return {
    format,
    title,
    altTitles: [...new Set([...titles.slice(1), ...alts])].filter((t) => t !== title),
    type: fill(format.type, groups, ''),
    frame: needs ? (names[0] as string) : '',
    corrupted: doubt(format, title, needs && found === undefined, body),
  };
}

function choose(start: ReportStart, own: readonly LogLine[], from: number): Chosen {
  for (const { format, match } of start.formats) {
    const groups: Record<string, string> = { ...match.groups };
    match.forEach((g, i) => {
      if (g !== undefined) groups[i] = g;
    });
    if (format.next) {
      const then = findThen(format.next, own, from);
      if (!then) continue;
      Object.assign(groups, then.groups);
    }
    return { format, groups };
  }
  // every format asked for a line that is not there: the first line is all that is known
  const { format, match } = start.formats.at(-1) as { format: ReportFormat; match: RegExpExecArray };
  const words = match[0].replace(/^\[ /, '') + match.input.slice(match.index + match[0].length);
  return { format: { ...format, ...CUT, type: words.startsWith('WARNING') ? 'WARNING' : '' }, groups: { words } };
}

const CUT = { title: '{words}', alt: [], culprit: 'none', corrupted: 'the report is cut' } as const;

function findThen(next: RegExp, own: readonly LogLine[], from: number): RegExpExecArray | null {
  const end = Math.min(own.length, from + THEN_WITHIN);
  for (let i = from + 1; i < end; i++) {
    const m = next.exec((own[i] as LogLine).text);
    if (m) return m;
  }
  return null;
}

function culpritOf(format: ReportFormat, groups: Record<string, string>, body: ReportBody): Culprit | undefined {
  const named = groups.fn ?? groups.at;
  const calls = body.traces.filter((t) => t.role === 'call');
  const place = body.place ? [plainFunction(body.place.function)] : [];
  switch (format.culprit) {
    case 'none':
      return undefined;
    case 'named': {
      const names = [named, groups.fn2].filter((n) => n !== undefined);
      return names.length === 0 ? undefined : [names.map(plainFunction).join(' / ')];
    }
    case 'taker': {
      const taker = body.lockPlaces[0] ?? body.heldPlaces[0];
      return taker === undefined ? undefined : titleNames(plainFunction(taker));
    }
    case 'interrupt':
      return interruptedCulprit(calls.map(namesOf));
  }
  const { stackOf } = format;
  const asked = stackOf && body.traces.find((t) => stackOf.test(t.title));
  if (stackOf && (asked || !format.orTrace)) return firstCulprit(namesOf(asked), format.skip);
  const plain = calls.filter((t) => t.title === '');
  const own = namesOf(format.headless ? plain[0] : (plain.find((t) => body.headed.has(t)) ?? plain[0]));
  const busy = format.traceOnly ? own : [...place, ...own];
  if (format.culprit === 'anchor') {
    return anchorCulprit(busy, format.skip) ?? (format.orFirst ? firstCulprit(busy, format.skip) : undefined);
  }
  if (format.culprit === 'wait') return waitCulprit(own, format.skip);
  const lead = named === undefined || format.unnamed || format.traceOnly ? [] : [plainFunction(named)];
  const lock = format.culprit === 'lock' ? body.lockPlaces.map(plainFunction) : [];
  return firstCulprit([...lead, ...lock, ...busy], format.skip);
}

/** What frames that the kernel marks `?` let one think, when the CPU ran where no code is and there are no others. */
function likelyCulprit(format: ReportFormat, body: ReportBody): string | undefined {
  if (!body.nowhere || format.culprit !== 'trace') return undefined;
  const frames = body.traces.filter((t) => t.role === 'call').flatMap((t) => t.frames);
  return firstCulprit(
    frames.map((f) => plainFunction(f.function)),
    format.skip,
  )?.[0];
}

function namesOf(trace: CallTrace | undefined): string[] {
  // what is inlined is only told by logs that were symbolized: the title is the same for both
  const names = (trace?.frames ?? []).filter((f) => !f.guess && !f.inlined).map((f) => plainFunction(f.function));
  // the frames behind are of a task that was refused memory, and told so at the same time
  const refused = names.findIndex((n) => REFUSED.test(n));
  return refused < 0 ? names : names.slice(0, refused);
}

/** lib/fault-inject.c */
const REFUSED = /^should_fail(?:slab)?$/;

function doubt(format: ReportFormat, title: string, lost: boolean, body: ReportBody): false | string {
  if (format.corrupted !== undefined) return format.corrupted;
  if (lost) return 'no function that could be the cause is in the report';
  if (/\[ *\d+\.\d{6}\]/.test(title)) return 'another line stands in the middle of its first line';
  const { origin } = format;
  if (origin && !firstCulprit(namesOf(body.traces.find((t) => origin.test(t.title))), format.skip)) {
    return 'where the value came from is not told';
  }
  if (format.noTrace) return false;
  if (body.emptyMemory) return 'a stack of an allocation or free is missing';
  if (body.emptyFirst) return 'a call trace without frames';
  if (body.traces.length === 0) return 'no call trace';
  return false;
}

function fill(template: string, groups: Readonly<Record<string, string>>, frame: string): string {
  const filled = template.replace(/\{(\w+)\}/g, (_all, name: string) => {
    if (name === 'frame') return frame;
    if (name === 'ACCESS') return (groups.access ?? '').toUpperCase();
    return titleWords(groups[name] ?? '');
  });
  return oneLine(filled);
}
