import { AnalysisError } from '../base/errors.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { findLogPieces, type InfoPlace, type InfoShape, type TextBlock, type TextChain } from './log-scan.ts';
import { logText, printkCaller } from './log-text.ts';
import type { LogRecord } from './printk.ts';
import { infoShape } from './printk-ringbuffer.ts';

/** Descriptors of a ring are a power of two: CONFIG_LOG_BUF_SHIFT is 12 to 25, a record is taken for 32 bytes. */
const COUNT_BITS = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
/** Chains that may tell the number of descriptors. */
const MOST_CHAINS = 64;
const ID_MASK = (1n << 62n) - 1n;
/** Ids of 32 bits lie around 2^32. */
const NARROW_FROM = 0xff000000n;
const NARROW_TO = (1n << 32n) + (1n << 28n);
/** Newer records than this distance from most others are rubbish. */
const MOST_RECORDS = 1n << 24n;

/**
 * The records of a lockless log ring whose state is lost, put together from the pieces that lie in memory: text by the
 * shape of its blocks, and time and level where the headers are there too. Text that the ring has dropped already may be
 * among them.
 */
export function recoverLog(prog: Program, records: LogRecord[], problems: Problem[]): void {
  const shape = shapeOf(prog);
  const { chains, infos } = findLogPieces(prog.physical, prog.arch.littleEndian, shape);
  const reader = new PieceReader(prog, shape, infos);
  const sure = chains.filter((c) => c.sure);
  const count = reader.count(sure.length > 0 ? sure : chains);
  const blocks = chains
    .filter((c) => (count ? reader.fit(c, count) > (c.sure ? 0.3 : 0.8) : c.sure))
    .flatMap((c) => c.blocks);
  if (blocks.length === 0) return;
  const seen = new Map<bigint, LogRecord>();
  for (const block of blocks) {
    const sequence = sequenceOf(block, count ?? 1n << 24n);
    const record = reader.record(block, sequence, count === undefined ? undefined : reader.headers.get(sequence));
    // a copy of the log in a process's memory has the same ids
    const known = seen.get(sequence);
    if (record && (!known || known.text.length < record.text.length)) seen.set(sequence, record);
  }
  const all = [...seen.values()].sort((a, b) => (a.sequence < b.sequence ? -1 : 1));
  const middle = all[all.length >> 1]?.sequence ?? 0n;
  const near = all.filter((r) => r.sequence - middle < MOST_RECORDS && middle - r.sequence < MOST_RECORDS);
  records.push(...near);
  const without = count === undefined ? ', without their times and levels' : '';
  problems.push({ what: 'kernel log', why: `${near.length} records found in memory by their shape${without}` });
}

/** The number of a record, by its id in 32 or in 62 bits. */
function sequenceOf(block: TextBlock, count: bigint): bigint {
  return block.id > NARROW_FROM && block.id < NARROW_TO ? block.id + count - (1n << 32n) : (block.id + count) & ID_MASK;
}

function shapeOf(prog: Program): InfoShape | undefined {
  try {
    return infoShape(prog);
  } catch (e) {
    if (e instanceof AnalysisError) return undefined;
    throw e;
  }
}

class PieceReader {
  readonly #prog: Program;
  readonly #shape: InfoShape | undefined;
  readonly headers: ReadonlyMap<bigint, InfoPlace>;

  constructor(prog: Program, shape: InfoShape | undefined, infos: readonly InfoPlace[]) {
    this.#prog = prog;
    this.#shape = shape;
    this.headers = new Map(infos.map((i) => [i.sequence, i]));
  }

  #header(info: InfoPlace): DataView | undefined {
    const bytes = new Uint8Array(this.#shape?.size ?? 0);
    return this.#prog.physical.read(info.at, bytes) ? undefined : new DataView(bytes.buffer);
  }

  #length(info: InfoPlace): number | undefined {
    return this.#header(info)?.getUint16(this.#shape?.length ?? 0, this.#prog.arch.littleEndian);
  }

  /**
   * The ring's number of descriptors: the first record has sequence number 0 and an id of minus that number, so that headers
   * and texts fit for one number only.
   */
  count(chains: readonly TextChain[]): bigint | undefined {
    let best: { count: bigint; fit: number } | undefined;
    for (const chain of [...chains].sort((a, b) => b.blocks.length - a.blocks.length).slice(0, MOST_CHAINS)) {
      for (const count of COUNT_BITS.map((bits) => 1n << BigInt(bits))) {
        const fit = this.fit(chain, count);
        if (fit > (best?.fit ?? 0.5)) best = { count, fit };
      }
    }
    return best?.count;
  }

  /** The share of a chain's texts that are as long as their headers say. */
  fit({ blocks }: TextChain, count: bigint): number {
    const step = Math.max(1, blocks.length >> 6);
    let asked = 0;
    let fit = 0;
    for (let i = 0; i < blocks.length; i += step) {
      const block = blocks[i] as TextBlock;
      const info = this.headers.get(sequenceOf(block, count));
      const length = info && this.#length(info);
      asked++;
      if (length !== undefined && length <= block.room && block.room - length < 8) fit++;
    }
    return fit / asked;
  }

  record(block: TextBlock, sequence: bigint, info: InfoPlace | undefined): LogRecord | undefined {
    const text = new Uint8Array(block.room);
    if (this.#prog.physical.read(block.at, text)) return undefined;
    const little = this.#prog.arch.littleEndian;
    const view = info && this.#header(info);
    const shape = this.#shape;
    if (!view || !shape)
      return { sequence, timestampNs: 0n, level: 6, facility: 0, flags: 0, text: untilPadding(text) };
    const at = shape.length;
    const flags = view.getUint8(at + 3); // u16 text_len, u8 facility, u8 flags:5 level:3
    return {
      sequence,
      timestampNs: view.getBigUint64(shape.time, little),
      level: little ? flags >> 5 : flags & 7,
      facility: view.getUint8(at + 2),
      flags: little ? flags & 0x1f : flags >> 3,
      caller: printkCaller(view.getUint32(at + 4, little)),
      text: logText(text, 0, Math.min(view.getUint16(at, little), text.length)),
    };
  }
}

/**
 * Without a header nothing tells the length: padding is zero, or what was there before behind a zero. The line end that
 * a text was printed with is still in the buffer, though not counted, and where the two bytes of a level were taken from
 * its start the last two are there a second time (kernel/printk/printk.c, `printk_sprint`).
 */
function untilPadding(text: Uint8Array): string {
  // KERN_SOH begins the level of what was added to a line.
  const stop = text.findIndex((byte) => byte <= 1);
  let end = stop < 0 ? text.length : stop;
  if (text[end - 1] !== 0x0a) return logText(text, 0, end);
  end--;
  const twice = end > 4 && text[end - 1] === text[end - 3] && text[end - 2] === text[end - 4];
  return logText(text, 0, twice ? end - 2 : end);
}
