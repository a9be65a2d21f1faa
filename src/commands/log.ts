import { hex64 } from '../base/hex.ts';
import { demangleRust } from '../base/rust-symbol.ts';
import { auditRecords } from '../kernel/audit.ts';
import { logRecords } from '../kernel/printk.ts';
import { printkSafeBuffers } from '../kernel/printk-safe.ts';
import { systemFacts } from '../kernel/system.ts';
import type { Args } from '../report/args.ts';
import { command } from '../report/command.ts';
import { formatDate, formatLogTime } from '../report/format-time.ts';
import { shortDigits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, hexString, integer, nullable, number, object, optional, string } from '../report/schema.ts';

export interface LogData {
  readonly records: readonly RecordData[];
  /** Wall clock of timestamp 0, with -T. */
  readonly bootSeconds?: number;
  /** Audit records, with -a. */
  readonly audit?: readonly { readonly queue: string; readonly type: number; readonly text: string }[];
  /** Buffers of CPUs, with -s. */
  readonly buffers?: readonly BufferData[];
  readonly problems?: readonly ProblemData[];
}

interface BufferData {
  readonly name: string;
  readonly cpu: number;
  readonly address: string;
  readonly length: number;
  readonly lost: number;
  readonly text: string;
}

interface RecordData {
  readonly timestampNs: string;
  readonly level: number;
  readonly facility: number;
  readonly caller: string | null;
  readonly text: string;
  readonly dict?: readonly string[];
}

export const log = command<LogData>({
  name: 'log',
  aliases: ['dmesg'],
  summary: 'the kernel log',
  description: [
    'The messages that were still in the log buffer, oldest first. Records of the structured buffer of today and of its ' +
      'predecessors are read alike; a message continued in a second call is one line.',
  ],
  args: {
    options: [
      {
        flag: 'T',
        help: 'show the date and time (UTC) instead of seconds since boot; as exact as the clock at the crash',
      },
      { flag: 't', help: 'without timestamps' },
      { flag: 'm', help: 'with the level of each message in angle brackets' },
      { flag: 'c', help: 'with the caller of each message, where the kernel recorded it: T task, C CPU' },
      { flag: 'd', help: 'with the dictionary of each message: the device it is about' },
      { flag: 'a', help: 'audit records that the audit daemon has not got yet, instead' },
      { flag: 's', help: 'what CPUs have written to their own buffers (Linux 4.7 to 5.14) and not handed on, instead' },
      { flag: 'R', help: 'with the names of Rust functions as the source spells them' },
    ],
  },
  examples: [
    {
      line: 'log',
      shows: 'Everything:',
      output: '[    0.000000] Linux version 6.1.0 ...\n[   18.803582] Kernel panic - not syncing: Fatal exception',
    },
    {
      line: 'log -T',
      shows: 'With the time of day:',
      output: '[Sun Nov 22 13:52:30 UTC 2026] Kernel panic - not syncing: ...',
    },
    { line: 'log -m', shows: 'With levels:', output: '[   18.803582] <0>Kernel panic - not syncing: Fatal exception' },
  ],
  schema: object('The log.', {
    records: arrayOf(
      'Oldest first.',
      object('One message.', {
        timestampNs: hexString('Nanoseconds since boot.'),
        level: integer('0 emergency to 7 debug.'),
        facility: integer('syslog facility; 0 is the kernel.'),
        caller: nullable(string('`T` and a pid or `C` and a CPU; null where the kernel does not record it.')),
        text: string('The message, unescaped; it may hold several lines.'),
        dict: optional(arrayOf('Dictionary (`-d`).', string('KEY=value.'))),
      }),
    ),
    audit: optional(
      arrayOf(
        'Audit records that wait for the daemon (`-a`).',
        object('One record.', {
          queue: string('Where it waits.'),
          type: integer('AUDIT_* of linux/audit.h.'),
          text: string('The record.'),
        }),
      ),
    ),
    buffers: optional(
      arrayOf(
        'Buffers of CPUs (`-s`).',
        object('One buffer.', {
          name: string('nmi_print_seq or safe_print_seq.'),
          cpu: integer('CPU.'),
          address: hexString('Address of `struct printk_safe_seq_buf`.'),
          length: integer('Bytes in it.'),
          lost: integer('Messages that did not fit.'),
          text: string('What was not handed to the log.'),
        }),
      ),
    ),
    bootSeconds: optional(number('Wall clock of timestamp 0 in seconds since the epoch (`-T`).')),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    if (args.has('a')) {
      const audit = auditRecords(prog);
      return { records: [], audit: audit.records, ...problemsOf(audit.problems) };
    }
    if (args.has('s')) {
      return { records: [], buffers: printkSafeBuffers(prog).map((b) => ({ ...b, address: hex64(b.address) })) };
    }
    const { records, problems } = logRecords(prog);
    const withDict = args.has('d');
    return {
      records: records.map((r) => ({
        timestampNs: hex64(r.timestampNs),
        level: r.level,
        facility: r.facility,
        caller: r.caller ?? null,
        text: args.has('R') ? withRustNames(r.text) : r.text,
        ...(withDict && r.dict && r.dict.length > 0 ? { dict: r.dict } : {}),
      })),
      ...(args.has('T') ? bootTime(systemFacts(prog)) : {}),
      ...problemsOf(problems),
    };
  },
  *blocks(data, args) {
    if (data.audit) yield { kind: 'lines', lines: auditLines(data.audit) };
    else if (data.buffers) yield { kind: 'lines', lines: bufferLines(data.buffers) };
    else yield { kind: 'lines', lines: recordLines(data, args) };
    yield* problemBlocks(data);
  },
});

/** The clock at the crash minus the uptime at the crash, or what the kernel itself says. */
function bootTime(facts: { date?: number | undefined; uptimeSeconds?: number | undefined }): { bootSeconds?: number } {
  if (facts.date === undefined || facts.uptimeSeconds === undefined) return {};
  return { bootSeconds: facts.date - facts.uptimeSeconds };
}

/** Words that are symbols of Rust functions; what is behind them (`+0x12/0x34`) stays. */
function withRustNames(text: string): string {
  return text.replace(/\b_(?:R|ZN)\w+/g, (word) => demangleRust(word) ?? word);
}

function auditLines(audit: NonNullable<LogData['audit']>): string[] {
  if (audit.length === 0) return ['kernel audit log is empty'];
  return audit.map((record) => `type=${record.type} ${record.text}`);
}

function* bufferLines(buffers: readonly BufferData[]): Iterable<string> {
  let name = '';
  for (const b of buffers) {
    if (b.name !== name) yield `PRINTK_SAFE_SEQ_BUF: ${b.name}`;
    name = b.name;
    yield `CPU: ${b.cpu}  ADDR: ${shortDigits(b.address)} LEN: ${b.length}  MESSAGE_LOST: ${b.lost}`;
    for (const line of b.length === 0 ? ['(empty)'] : b.text.trimEnd().split('\n')) yield `  ${line}`;
  }
}

function* recordLines(data: LogData, args: Args): Iterable<string> {
  for (const record of data.records) {
    const prefix = linePrefix(record, data.bootSeconds, args);
    // A message of several lines is indented under its first one.
    const [first = '', ...rest] = record.text.split('\n');
    yield prefix + first;
    for (const line of rest) yield ' '.repeat(prefix.length) + line;
    for (const entry of record.dict ?? []) yield ` ${entry}`;
  }
}

function linePrefix(record: RecordData, bootSeconds: number | undefined, args: Args): string {
  let prefix = '';
  if (!args.has('t')) {
    const ns = BigInt(record.timestampNs);
    prefix +=
      bootSeconds !== undefined
        ? `[${formatDate(bootSeconds + Number(ns / 1000000n) / 1000)}] `
        : `[${formatLogTime(ns)}] `;
  }
  if (args.has('c') && record.caller !== null) prefix += `[${record.caller.padStart(6)}] `;
  if (args.has('m')) prefix += `<${record.level}>`;
  return prefix;
}
