import { CorruptError, FAULT_TEXT } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { globalAddress } from './global-address.ts';
import { logText, printkCaller } from './log-text.ts';
import { MemoryWindow } from './memory-window.ts';
import type { LogRecord } from './printk.ts';

/** LOG_BUF_LEN_MAX, kernel/printk/printk.c */
const MAX_BUFFER = 2 ** 31;
/** `LOG_ALIGN`: the alignment of `struct printk_log`, 8 or 4 bytes. */
const ALIGN = 4;

interface Layout {
  readonly size: Bytes;
  readonly time: Bytes;
  readonly length: Bytes;
  readonly textLength: Bytes;
  readonly dictLength: Bytes;
  readonly caller: Bytes | undefined;
}

interface Header {
  readonly length: number;
  readonly textLength: number;
  readonly dictLength: number;
}

/** The buffer being walked. */
interface Log {
  readonly little: boolean;
  readonly layout: Layout;
  readonly size: number;
  readonly window: MemoryWindow;
}

/**
 * Reads the log of kernels before v5.10: `struct printk_log` records of varying length, one behind the other in a ring of
 * bytes; a record of length 0 sends the reader back to the start. Layout by VMCOREINFO (log_buf_vmcoreinfo_setup).
 * @throws AnalysisError when the buffer cannot be found
 */
export function printkLog(prog: Program, records: LogRecord[], problems: Problem[]): void {
  const memory = prog.memory;
  const buffer = memory.ulong(variable(prog, 'log_buf'));
  const size = memory.u32(variable(prog, 'log_buf_len'));
  const first = memory.u32(variable(prog, 'log_first_idx'));
  const next = memory.u32(variable(prog, 'log_next_idx'));
  if (size > MAX_BUFFER || first >= size || next > size) {
    throw new CorruptError(buffer, `log buffer: records ${first} to ${next} in ${size} bytes`);
  }
  const sequence = prog.findSymbol('log_first_seq');
  let number = sequence ? memory.u64(sequence.address) : 0n;
  const log: Log = {
    little: prog.arch.littleEndian,
    layout: layoutOf(prog),
    size,
    window: new MemoryWindow(prog, buffer, size),
  };
  let at = first;
  let walked = 0;
  let wrapped = first < next; // a ring whose end lies behind its start never goes over the end
  while (at !== next && walked <= size) {
    const header = headerAt(log, at, wrapped ? next : size);
    if (typeof header !== 'string' && header.length > 0) {
      records.push(recordAt(log, at, header, number++));
      at += header.length;
      walked += header.length;
      if (at >= size && !wrapped) {
        wrapped = true;
        at = 0;
      }
    } else if (typeof header !== 'string' && !wrapped) {
      wrapped = true;
      walked += log.size - at;
      at = 0;
    } else {
      const why = typeof header === 'string' ? header : 'record of length 0';
      const good = resynchronise(log, at + ALIGN, wrapped ? next : size);
      const skipped = (good ?? (wrapped ? next : size)) - at;
      problems.push({ what: 'kernel log', why: `offset ${at} of the log buffer: ${why}; ${skipped} bytes skipped` });
      walked += skipped;
      if (good !== undefined) at = good;
      else if (wrapped) return;
      else {
        wrapped = true;
        at = 0;
      }
    }
  }
}

/** The record header at `at`; what is wrong with it otherwise. Length 0 is the mark to start over. */
function headerAt(log: Log, at: Bytes, end: Bytes): Header | string {
  const { layout, window } = log;
  if (at + layout.size > end) return at + 2 <= end ? { length: 0, textLength: 0, dictLength: 0 } : 'beyond its end';
  const fault = window.piece(at, layout.size);
  if (fault) return FAULT_TEXT[fault];
  const length = window.view.getUint16(window.at + layout.length, log.little);
  const textLength = window.view.getUint16(window.at + layout.textLength, log.little);
  const dictLength = window.view.getUint16(window.at + layout.dictLength, log.little);
  if (length === 0) return { length, textLength: 0, dictLength: 0 };
  if (length % ALIGN !== 0 || layout.size + textLength + dictLength > length || at + length > end) {
    return `record of ${length} bytes with ${textLength} of text and ${dictLength} of properties`;
  }
  const body = window.piece(at, length);
  return body ? FAULT_TEXT[body] : { length, textLength, dictLength };
}

/** The next place from where three records follow each other without fault (or fewer, up to `end`). */
function resynchronise(log: Log, from: Bytes, end: Bytes): Bytes | undefined {
  for (let at = from; at + log.layout.size <= end; at += ALIGN) {
    let next = at;
    let good = 0;
    while (good < 3 && next < end) {
      const header = headerAt(log, next, end);
      if (typeof header === 'string' || header.length === 0 || header.textLength === 0) break;
      next += header.length;
      good++;
    }
    if (good === 3 || (good > 0 && next === end)) return at;
  }
  return undefined;
}

function recordAt(log: Log, at: Bytes, header: Header, sequence: bigint): LogRecord {
  const { layout, window, little } = log;
  window.piece(at, header.length);
  const { view, bytes } = window;
  const from = window.at;
  const text = from + layout.size;
  const flags = view.getUint8(from + layout.dictLength + 3); // u16 dict_len, u8 facility, u8 flags:5 level:3
  const dict = header.dictLength > 0 ? dictionary(bytes, text + header.textLength, header.dictLength) : undefined;
  return {
    sequence,
    timestampNs: view.getBigUint64(from + layout.time, little),
    level: little ? flags >> 5 : flags & 7,
    facility: view.getUint8(from + layout.dictLength + 2),
    flags: little ? flags & 0x1f : flags >> 3,
    ...(layout.caller !== undefined && { caller: printkCaller(view.getUint32(from + layout.caller, little)) }),
    text: logText(bytes, text, text + header.textLength),
    ...(dict && { dict }),
  };
}

/** NUL-separated `KEY=value` pairs. */
function dictionary(bytes: Uint8Array, from: number, length: number): string[] {
  return logText(bytes, from, from + length).split('\0');
}

function variable(prog: Program, name: string): Addr {
  return globalAddress(prog, name) ?? prog.symbol(name);
}

function layoutOf(prog: Program): Layout {
  const info = prog.vmcoreinfo;
  const member = (name: string): Bytes => {
    const stated = info.offset(`printk_log.${name}`);
    return stated !== undefined && stated < 256 ? stated : prog.offset('printk_log', name);
  };
  const stated = info.size('printk_log');
  return {
    size: stated !== undefined && stated >= 16 && stated < 256 ? stated : prog.type('printk_log').size,
    time: member('ts_nsec'),
    length: member('len'),
    textLength: member('text_len'),
    dictLength: member('dict_len'),
    // Since commit 15ff2069cb7f ("printk: Add caller information to printk() output.", v5.1), where configured.
    caller: info.offset('printk_log.caller_id'),
  };
}
