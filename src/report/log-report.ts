import type { QuietGap } from '../log/quiet-gaps.ts';
import type { TemplateCount } from '../log/template-table.ts';
import { type LoggedReportData, loggedReportSchema } from './logged-report.ts';
import { arrayOf, integer, nullable, number, object, optional, type Schema, string } from './schema.ts';

/** A template of messages, counted. */
export interface NoiseData extends Omit<TemplateCount, 'outside'> {
  /** The message with numbers as `#`. */
  readonly template: string;
}

/** What a kernel log tells: its reports, the one that matters first, and what was around them. */
export interface LogReport {
  readonly schema: number;
  readonly files: readonly string[];
  /** How the lines were stored; empty when nothing but the kernel's own prefix stood before them. */
  readonly forms: readonly string[];
  readonly messages: number;
  readonly firstSeconds: number | null;
  readonly lastSeconds: number | null;
  /** Messages that the kernel says were lost. */
  readonly dropped: number;
  /** `Linux version` line of the boot that the first report belongs to. */
  readonly banner: string | null;
  readonly panic: string | null;
  readonly reports: readonly LoggedReportData[];
  /** Reports that were counted but are not listed, because there are too many different ones. */
  readonly unlisted: number;
  /** Indexes in `reports` of what led to the first one and what it ended in, in the order of the log. */
  readonly chain: readonly number[];
  readonly noise: readonly NoiseData[];
  readonly gaps: readonly QuietGap[];
  readonly problems?: readonly { readonly what: string; readonly why: string }[];
}

export const logReportSchema: Schema = object('What a kernel log tells.', {
  schema: integer('Version of this shape.'),
  files: arrayOf('What was read, in this order.', string('Path; `-` is standard input.')),
  forms: arrayOf('How the lines were stored, most frequent first.', string('Name of a form.')),
  messages: integer('Messages of the kernel.'),
  firstSeconds: nullable(number('Time of the first message, since boot.')),
  lastSeconds: nullable(number('Time of the last message, since boot.')),
  dropped: integer('Messages that the kernel says were lost.'),
  banner: nullable(string('The `Linux version` line.')),
  panic: nullable(string('The line with which the kernel stopped.')),
  reports: arrayOf(
    'Reports, equal ones once; the one that matters first, then in the order of the log.',
    loggedReportSchema,
  ),
  unlisted: integer('Further reports that are counted only.'),
  chain: arrayOf(
    'What led to the first report and what it ended in, in the order of the log.',
    integer('Index in `reports`.'),
  ),
  noise: arrayOf(
    'The most frequent other messages.',
    object('Messages that differ in numbers only.', {
      template: string('The message with numbers as `#`.'),
      sample: string('The first of them.'),
      count: integer('How many.'),
      error: integer('How many more there may have been.'),
      firstSeconds: optional(number('Time of the first.')),
      lastSeconds: optional(number('Time of the last.')),
      line: integer('Line of the first.'),
    }),
  ),
  gaps: arrayOf(
    'The longest silences before the first report.',
    object('A time without a message.', {
      from: number('Seconds since boot.'),
      to: number('Seconds since boot.'),
      line: integer('Line with which the log goes on.'),
    }),
  ),
  problems: optional(
    arrayOf(
      'What could not be read; absent when nothing was missed.',
      object('One gap.', { what: string('What was being read.'), why: string('Why it could not be.') }),
    ),
  ),
});
