import type { Bytes, PhysAddr } from '../base/units.ts';
import type { PhysicalMemory } from '../memory/physical.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { logText, printkCaller } from './log-text.ts';
import type { LogRecord } from './printk.ts';

const PAGE = 4096;
const BLOCK = 1 << 18;
/** A record: LOG_LINE_MAX is 1024 less its header, and properties of a device. */
const MOST_RECORD = 4096;
/** 4 GiB in blocks. */
const MOST_BLOCKS = 1 << 14;
/** So many records in a row are no accident. */
const CHAIN = 8;
const MOST_RECORDS = 1 << 18;
/** `struct printk_log` with and without `caller_id` (Linux commit 15ff2069cb7f, v5.1). */
const HEADERS: readonly Bytes[] = [16, 20];

/** A record and where its header is. */
interface Piece {
  readonly at: PhysAddr;
  readonly time: bigint;
  readonly record: Omit<LogRecord, 'sequence'>;
}

/**
 * The records of a log of kernels before v5.10 whose place is lost, by what they look like in physical memory: `struct
 * printk_log` with a length that fits its text, one behind the other, with times that ascend. Reads all of memory.
 */
export function recoverPrintkLog(prog: Program, records: LogRecord[], problems: Problem[]): void {
  const { physical } = prog;
  const scan = new Scan(prog.arch.littleEndian);
  let left = MOST_BLOCKS;
  for (const { start, end } of [...physical.ranges(), ...(physical.unplaced?.() ?? [])]) {
    for (let at = start; at < end && left > 0; at += BLOCK, left--) scan.block(physical, at, Math.min(BLOCK, end - at));
  }
  // A copy of the log in a process's memory holds the same.
  const seen = new Map<string, Piece>();
  for (const piece of scan.pieces) seen.set(`${piece.time} ${piece.record.text}`, piece);
  const all = [...seen.values()].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.at - b.at));
  if (all.length === 0) return;
  records.push(...all.map(({ record }, i) => ({ sequence: BigInt(i), ...record })));
  problems.push({ what: 'kernel log', why: `${all.length} records found in memory by their shape` });
}

class Scan {
  readonly pieces: Piece[] = [];
  readonly #little: boolean;
  readonly #bytes = new Uint8Array(BLOCK + MOST_RECORD);
  readonly #view = new DataView(this.#bytes.buffer);
  /** Physical address up to which records are known. */
  #done: PhysAddr = 0;

  constructor(little: boolean) {
    this.#little = little;
  }

  block(memory: PhysicalMemory, at: PhysAddr, size: Bytes): void {
    if (!this.#load(memory, at) || this.pieces.length > MOST_RECORDS) return;
    for (let i = 0; i + 16 <= size; i += 4) {
      if (at + i < this.#done) continue;
      for (const header of HEADERS) if (this.#size(i, header) > 0 && this.#takeChain(at, i, header)) break;
    }
  }

  /** Fills the window; what is missing is zero. Whether anything is there. */
  #load(memory: PhysicalMemory, at: PhysAddr): boolean {
    let any = false;
    for (let off = 0; off < this.#bytes.length; off += PAGE) {
      const page = this.#bytes.subarray(off, off + PAGE);
      if (memory.read(at + off, page) === undefined) any = true;
      else page.fill(0);
    }
    return any;
  }

  /** Size of the record that may begin at `i`; 0 when none does. */
  #size(i: number, header: Bytes): Bytes {
    const view = this.#view;
    const little = this.#little;
    const length = view.getUint16(i + 8, little);
    if (length < header || length > MOST_RECORD || (length & 3) !== 0) return 0;
    const text = view.getUint16(i + 10, little);
    const padding = length - header - text - view.getUint16(i + 12, little);
    if (text === 0 || padding < 0 || padding >= 8 || i + length > this.#bytes.length) return 0;
    return isText(this.#bytes[i + header] as number) && isText(this.#bytes[i + header + text - 1] as number)
      ? length
      : 0;
  }

  #takeChain(base: PhysAddr, from: number, header: Bytes): boolean {
    const found: Piece[] = [];
    let time = 0n;
    let at = from;
    for (
      let size = this.#size(at, header);
      size > 0;
      size = at + 20 <= this.#bytes.length ? this.#size(at, header) : 0
    ) {
      const when = this.#view.getBigUint64(at, this.#little);
      if (when < time || when >> 62n !== 0n) break;
      found.push({ at: base + at, time: when, record: this.#record(at, header) });
      time = when;
      at += size;
    }
    // A chain goes on in the next block, where its rest is shorter.
    if (found.length < CHAIN && !(found.length > 0 && base + from === this.#done)) return false;
    this.pieces.push(...found);
    this.#done = base + at;
    return true;
  }

  #record(at: number, header: Bytes): Omit<LogRecord, 'sequence'> {
    const view = this.#view;
    const little = this.#little;
    const flags = view.getUint8(at + 15);
    return {
      timestampNs: view.getBigUint64(at, little),
      level: little ? flags >> 5 : flags & 7,
      facility: view.getUint8(at + 14),
      flags: little ? flags & 0x1f : flags >> 3,
      ...(header === 20 && { caller: printkCaller(view.getUint32(at + 16, little)) }),
      text: logText(this.#bytes, at + header, at + header + view.getUint16(at + 10, little)),
    };
  }
}

/** Printable, a tab, or part of a character beyond ASCII. */
function isText(byte: number): boolean {
  return (byte >= 0x20 && byte !== 0x7f) || byte === 9;
}
