/** A message of a kernel log, to be written in one form or another. */
export interface LogMessage {
  readonly micros: number;
  readonly level: number;
  readonly caller?: string;
  readonly text: string;
}

/** How a form is written, and what of a message it keeps. */
export interface WrittenForm {
  readonly name: string;
  readonly write: (messages: readonly LogMessage[]) => Uint8Array;
  readonly keeps: readonly ('seconds' | 'level' | 'caller' | 'wall')[];
}

/** The boot of all logs written here. */
const BOOT = Date.UTC(2023, 10, 28, 9, 53, 6);
const HOST = 'node-17.example';
const LEVEL_NAMES = 'emerg alert crit err warn notice info debug'.split(' ');

const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'utf8'));
const dateOf = (m: LogMessage): Date => new Date(BOOT + Math.floor(m.micros / 1000));
const micro = (m: LogMessage): string => String(m.micros % 1_000_000).padStart(6, '0');
const stampOf = (m: LogMessage): string => `${String(Math.floor(m.micros / 1_000_000)).padStart(5)}.${micro(m)}`;
const bracketed = (m: LogMessage): string => `[${stampOf(m)}] ${m.text}`;
const withCaller = (m: LogMessage): string =>
  `[${stampOf(m)}]${m.caller === undefined ? '' : `[${m.caller.padStart(6)}]`} ${m.text}`;
const iso = (m: LogMessage): string => dateOf(m).toISOString();

/** `Nov 28 09:53:06`. */
function short(m: LogMessage): string {
  const [month, day] = monthDay(dateOf(m));
  return `${month} ${day} ${iso(m).slice(11, 19)}`;
}

function monthDay(date: Date): [string, string] {
  const [, day = '', month = ''] = date.toUTCString().split(' ');
  return [month, String(Number(day)).padStart(2)];
}

function ctime(m: LogMessage): string {
  const date = dateOf(m);
  return `${date.toUTCString().slice(0, 3)} ${short(m)} ${date.getUTCFullYear()}`;
}

/** One line a message. */
function lines(line: (m: LogMessage) => string, end = '\n'): WrittenForm['write'] {
  return (messages) => text(messages.map((m) => line(m) + end).join(''));
}

const syslogTail = (m: LogMessage): string => `${HOST} kernel: ${bracketed(m)}`;

function kmsgEscape(value: string): string {
  return [...Buffer.from(value, 'utf8')]
    .map((b) =>
      b < 0x20 || b >= 0x7f || b === 0x5c ? `\\x${b.toString(16).padStart(2, '0')}` : String.fromCharCode(b),
    )
    .join('');
}

function kmsg(m: LogMessage, sequence: number): string {
  const caller = m.caller === undefined ? '' : `,caller=${m.caller}`;
  return `${m.level},${sequence},${m.micros},-${caller};${kmsgEscape(m.text)}\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:1f.2\n`;
}

/** Extended netconsole: records longer than a packet come in fragments. */
function netconsole(m: LogMessage, sequence: number): string {
  const body = m.text;
  const size = 60;
  const head = `${m.level},${sequence},${m.micros},-`;
  if (body.length <= size) return `6.1.0-13-amd64,${head};${body}\n`;
  let out = '';
  for (let at = 0; at < body.length; at += size) {
    out += `6.1.0-13-amd64,${head},ncfrag=${at}/${body.length};${body.slice(at, at + size)}\n`;
  }
  return out;
}

function journalJson(m: LogMessage): string {
  const damaged = m.text.includes('RSP');
  return `${JSON.stringify({
    __CURSOR: 's=1;i=2',
    __REALTIME_TIMESTAMP: String(BOOT * 1000 + m.micros),
    _TRANSPORT: 'kernel',
    PRIORITY: String(m.level),
    SYSLOG_IDENTIFIER: 'kernel',
    _SOURCE_MONOTONIC_TIMESTAMP: String(m.micros),
    MESSAGE: damaged ? [...Buffer.from(m.text)] : m.text,
  })}\n`;
}

function journalExport(m: LogMessage): Buffer {
  const head = `__CURSOR=s=1\n__REALTIME_TIMESTAMP=${BOOT * 1000 + m.micros}\n_TRANSPORT=kernel\nPRIORITY=${m.level}\n_SOURCE_MONOTONIC_TIMESTAMP=${m.micros}\n`;
  if (!m.text.includes('RSP')) return Buffer.from(`${head}MESSAGE=${m.text}\n_HOSTNAME=${HOST}\n\n`);
  const value = Buffer.from(m.text);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(value.length));
  return Buffer.concat([Buffer.from(`${head}MESSAGE\n`), size, value, Buffer.from('\n_HOSTNAME=x\n\n')]);
}

function dmesgJson(messages: readonly LogMessage[]): Uint8Array {
  const items = messages.map(
    (m) =>
      `{\n         "pri": ${m.level},\n         "time": ${stampOf(m).padStart(15)},\n         "msg": ${JSON.stringify(m.text)}\n      }`,
  );
  return text(`{\n   "dmesg": [\n      ${items.join(',')}\n   ]\n}\n`);
}

function wrapped(width: number): WrittenForm['write'] {
  return (messages) => {
    const cut = (line: string): string[] =>
      line.length <= width ? [line] : [line.slice(0, width), ...cut(line.slice(width))];
    return text(messages.flatMap((m) => cut(bracketed(m))).join('\n'));
  };
}

/** As mail programs do: at blanks, and quoted. */
function mailed(messages: readonly LogMessage[]): Uint8Array {
  const out: string[] = [];
  for (const m of messages) {
    let line = '';
    for (const word of bracketed(m).split(/(?<=\S) /)) {
      if (line !== '' && line.length + 1 + word.length > 76) {
        out.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    out.push(line);
  }
  return text(out.map((line) => `> ${line}\n`).join(''));
}

function utf16(littleEndian: boolean): WrittenForm['write'] {
  return (messages) => {
    const value = Buffer.from(`\ufeff${messages.map(bracketed).join('\r\n')}\r\n`, 'utf16le');
    return new Uint8Array(littleEndian ? value : value.swap16());
  };
}

/** Every form; what is not a line a message has a writer of its own. */
export const writtenForms: readonly WrittenForm[] = [
  { name: 'dmesg', write: lines(bracketed), keeps: ['seconds'] },
  { name: 'dmesg with callers', write: lines(withCaller), keeps: ['seconds', 'caller'] },
  { name: 'dmesg -t', write: lines((m) => m.text), keeps: [] },
  { name: 'dmesg -T', write: lines((m) => `[${ctime(m)}] ${m.text}`), keeps: ['wall'] },
  {
    name: 'log -T of crash',
    write: lines((m) => `[${ctime(m).replace(/ (?=\d+$)/, ' CEST ')}] ${m.text}`),
    keeps: ['wall'],
  },
  { name: 'dmesg --json', write: dmesgJson, keeps: ['seconds', 'level'] },
  { name: 'dmesg -H', write: lines((m) => `[  +0.${micro(m)}] ${m.text}`), keeps: [] },
  { name: 'dmesg -d', write: lines((m) => `[${stampOf(m)} <    0.000012>] ${m.text}`), keeps: ['seconds'] },
  { name: 'dmesg -r', write: lines((m) => `<${m.level}>${bracketed(m)}`), keeps: ['seconds', 'level'] },
  {
    name: 'dmesg -x',
    write: lines((m) => `${'kern'.padEnd(6)}:${(LEVEL_NAMES[m.level] ?? '').padEnd(6)}: ${bracketed(m)}`),
    keeps: ['seconds', 'level'],
  },
  {
    name: 'dmesg --time-format iso',
    write: lines((m) => `${iso(m).slice(0, 19)},${micro(m)}+00:00 ${m.text}`),
    keeps: ['wall'],
  },
  {
    name: '/dev/kmsg',
    write: (messages) => text(messages.map(kmsg).join('')),
    keeps: ['seconds', 'level', 'caller'],
  },
  {
    name: 'extended netconsole',
    write: (messages) => text(messages.map(netconsole).join('')),
    keeps: ['seconds', 'level'],
  },
  { name: 'journalctl', write: lines((m) => `${short(m)} ${HOST} kernel: ${m.text}`), keeps: ['wall'] },
  {
    name: 'journalctl short-precise',
    write: lines((m) => `${short(m)}.${micro(m)} ${HOST} kernel: ${m.text}`),
    keeps: ['wall'],
  },
  {
    name: 'journalctl short-iso',
    write: lines((m) => `${iso(m).slice(0, 19)}+0000 ${HOST} kernel: ${m.text}`),
    keeps: ['wall'],
  },
  {
    name: 'journalctl short-full',
    write: lines((m) => `Tue ${iso(m).slice(0, 10)} ${iso(m).slice(11, 19)} UTC ${HOST} kernel: ${m.text}`),
    keeps: ['wall'],
  },
  {
    name: 'journalctl short-monotonic',
    write: lines((m) => `[${stampOf(m)}] ${HOST} kernel: ${m.text}`),
    keeps: ['seconds'],
  },
  {
    name: 'journalctl short-unix',
    write: lines((m) => `${Math.floor(BOOT / 1000 + m.micros / 1e6)}.${micro(m)} ${HOST} kernel: ${m.text}`),
    keeps: ['wall'],
  },
  {
    name: 'journalctl json',
    write: (messages) => text(messages.map(journalJson).join('')),
    keeps: ['seconds', 'level'],
  },
  {
    name: 'journalctl export',
    write: (messages) => new Uint8Array(Buffer.concat(messages.map(journalExport))),
    keeps: ['seconds', 'level'],
  },
  { name: 'syslog', write: lines((m) => `${short(m)} ${syslogTail(m)}`), keeps: ['seconds', 'wall'] },
  {
    name: 'syslog from the net',
    write: lines((m) => `<${m.level}>${short(m)} ${syslogTail(m)}`),
    keeps: ['seconds', 'level', 'wall'],
  },
  {
    name: 'syslog of a receiver without tags',
    write: lines((m) => `${short(m)} 10.0.0.17 ${bracketed(m)}`),
    keeps: ['seconds', 'wall'],
  },
  {
    name: 'RFC 5424',
    write: lines((m) => `<${m.level}>1 ${iso(m)} ${HOST} kernel - - [origin x="a]b"] ${bracketed(m)}`),
    keeps: ['seconds', 'level', 'wall'],
  },
  { name: 'rsyslog with ISO dates', write: lines((m) => `${iso(m)} ${syslogTail(m)}`), keeps: ['seconds', 'wall'] },
  {
    name: 'logread of OpenWrt',
    write: lines((m) => `${ctime(m)} kern.warn kernel: ${bracketed(m)}`),
    keeps: ['seconds', 'wall'],
  },
  {
    name: 'logcat',
    write: lines((m) => `11-28 ${iso(m).slice(11, 23)}     0     0 W kernel  : ${m.text}`),
    keeps: ['wall'],
  },
  {
    name: 'last_kmsg',
    write: lines((m) => `<${m.level}>[${stampOf(m)}]  [1:   swapper/1:    0] ${m.text}`),
    keeps: ['seconds', 'level'],
  },
  { name: 'last_kmsg with a CPU', write: lines((m) => `[${stampOf(m)}@1] ${m.text}`), keeps: ['seconds'] },
  {
    name: 'pstore',
    write: (messages) => text(`Panic#1 Part1\n${messages.map((m) => `<${m.level}>${bracketed(m)}\n`).join('')}`),
    keeps: ['seconds', 'level'],
  },
  { name: 'serial console', write: lines(bracketed, '\r\r\n'), keeps: ['seconds'] },
  { name: 'serial console, CR alone', write: lines(bracketed, '\r'), keeps: ['seconds'] },
  {
    name: 'colours and cursor control',
    write: lines((m) => `\u001b[0m\u001b[32m[${stampOf(m)}] \u001b[0m\u001b[33m${m.text}\u001b[0m\u001b[K`),
    keeps: ['seconds'],
  },
  {
    name: 'terminal with times',
    write: lines((m) => `[${iso(m).replace('T', ' ').slice(0, 23)}] ${bracketed(m)}`),
    keeps: ['seconds', 'wall'],
  },
  { name: 'NUL bytes', write: lines((m) => `\0\0${bracketed(m)}\0`), keeps: ['seconds'] },
  { name: 'level marks of the source', write: lines((m) => `\u0001${m.level}${bracketed(m)}`), keeps: ['seconds'] },
  { name: 'UTF-16, little endian', write: utf16(true), keeps: ['seconds'] },
  { name: 'UTF-16, big endian', write: utf16(false), keeps: ['seconds'] },
  {
    name: 'UTF-8 with a mark',
    write: (messages) => text(`\ufeff${messages.map((m) => `${bracketed(m)}\n`).join('')}`),
    keeps: ['seconds'],
  },
  { name: 'indented', write: lines((m) => `    ${bracketed(m)}`), keeps: ['seconds'] },
  {
    name: 'lost newlines',
    write: (messages) => text(messages.map((m, i) => bracketed(m) + (i % 3 === 0 ? '\n' : '')).join('')),
    keeps: ['seconds'],
  },
  { name: 'wrapped at 80 columns', write: wrapped(80), keeps: ['seconds'] },
  { name: 'quoted mail', write: mailed, keeps: ['seconds'] },
];
