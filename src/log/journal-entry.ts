import { type LineFields, NOTHING } from './line-fields.ts';

/** Fields of the journal that matter here, by their names in systemd.journal-fields(7). */
export const JOURNAL_KEYS = [
  'MESSAGE',
  'PRIORITY',
  '_TRANSPORT',
  'SYSLOG_IDENTIFIER',
  '__REALTIME_TIMESTAMP',
  '_SOURCE_MONOTONIC_TIMESTAMP',
  '__MONOTONIC_TIMESTAMP',
] as const;

export type JournalEntry = Partial<Record<(typeof JOURNAL_KEYS)[number], string>>;

/** Writes what an entry told to `fields`; NOTHING unless the kernel wrote it. */
export function journalEntry(entry: JournalEntry, fields: LineFields): number {
  const kernel = entry._TRANSPORT === undefined ? entry.SYSLOG_IDENTIFIER === 'kernel' : entry._TRANSPORT === 'kernel';
  if (!kernel || entry.MESSAGE === undefined) return NOTHING;
  const micros = Number(entry._SOURCE_MONOTONIC_TIMESTAMP ?? entry.__MONOTONIC_TIMESTAMP);
  if (Number.isFinite(micros)) fields.seconds = micros / 1e6;
  const real = Number(entry.__REALTIME_TIMESTAMP);
  if (Number.isFinite(real)) fields.clock = real / 1e6;
  const level = Number(entry.PRIORITY);
  if (Number.isInteger(level) && level >= 0 && level <= 7) fields.level = level;
  fields.text = entry.MESSAGE;
  return 0;
}
