import { CorruptError, FAULT_TEXT, NotFoundError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { InfoShape } from './log-scan.ts';
import { logText, printkCaller } from './log-text.ts';
import { MemoryWindow } from './memory-window.ts';
import type { LogRecord } from './printk.ts';

// kernel/printk/printk_ringbuffer.h: the two top bits of a descriptor's state variable are its state, the rest its id.
const STATE_COMMITTED = 1;
const STATE_FINALIZED = 2;
const STATE_REUSABLE = 3;
const ID_MASK = 0x3fffffff_ffffffffn;
/** A block position with this bit has no data: 3 stands for an empty line, 1 for text that found no room. */
const DATALESS = 1n;
const EMPTY_LINE = 3n;
const ID_SIZE = 8; // each data block begins with the id of its descriptor, an unsigned long
/** CONFIG_LOG_BUF_SHIFT is at most 25 and log_buf_len at most 2^31 (LOG_BUF_LEN_MAX, kernel/printk/printk.c). */
const MAX_SIZE_BITS = 31;

/** Where the ring's members are. */
interface RingLayout {
  readonly desc: { readonly size: Bytes; readonly state: Bytes; readonly begin: Bytes; readonly next: Bytes };
  readonly info: {
    readonly size: Bytes;
    readonly sequence: Bytes;
    readonly time: Bytes;
    readonly length: Bytes;
    readonly caller: Bytes;
    readonly subsystem: Bytes;
    readonly device: Bytes;
    readonly subsystemSize: Bytes;
    readonly deviceSize: Bytes;
  };
}

/** The ring as its header describes it, checked. */
interface Ring {
  readonly count: number;
  readonly head: bigint;
  readonly tail: bigint;
  readonly textSize: number;
  /** Offset at which the newest text ends; what lies behind it is older. */
  readonly textEnd: number;
  readonly descs: Addr;
  readonly infos: Addr;
  readonly text: Addr;
}

/**
 * Reads the lockless ring buffer (v5.10 and newer).
 * @param prb address of the variable `prb`, a pointer to the ring in use
 * @throws AnalysisError when its header is unusable
 */
export function printkRingbuffer(prog: Program, prb: Addr, records: LogRecord[], problems: Problem[]): void {
  const ring = readRing(prog, prb);
  const layout = ringLayout(prog);
  const descs = new MemoryWindow(prog, ring.descs, ring.count * layout.desc.size);
  const infos = new MemoryWindow(prog, ring.infos, ring.count * layout.info.size);
  const text = new MemoryWindow(prog, ring.text, ring.textSize);
  const lost = new Map<string, number>();
  // Ids count up and wrap at 2^62; the indexes of the records in use are at most two runs of the arrays.
  const first = Number(ring.tail % BigInt(ring.count));
  const used = Number((ring.head - ring.tail) & ID_MASK) + 1;
  for (let i = 0; i < used; i++) {
    const index = (first + i) % ring.count;
    const end = first + used > ring.count && index >= first ? ring.count : ((first + used - 1) % ring.count) + 1;
    const why = readRecord(
      prog,
      layout,
      ring,
      (ring.tail + BigInt(i)) & ID_MASK,
      index,
      end,
      descs,
      infos,
      text,
      records,
    );
    if (why !== undefined) lost.set(why, (lost.get(why) ?? 0) + 1);
  }
  for (const [why, n] of lost) problems.push({ what: 'kernel log', why: `${n} of ${used} records lost: ${why}` });
}

/** Appends one record, or says why it cannot be had; a record that the kernel does not show either is no loss. */
function readRecord(
  prog: Program,
  layout: RingLayout,
  ring: Ring,
  id: bigint,
  index: number,
  end: number,
  descs: MemoryWindow,
  infos: MemoryWindow,
  text: MemoryWindow,
  records: LogRecord[],
): string | undefined {
  const little = prog.arch.littleEndian;
  const { desc, info } = layout;
  const fault = descs.piece(index * desc.size, desc.size, end * desc.size);
  if (fault) return `descriptor ${FAULT_TEXT[fault]}`;
  const state = descs.view.getBigUint64(descs.at + desc.state, little);
  const kind = Number(state >> 62n);
  if ((state & ID_MASK) !== id) return kind === STATE_REUSABLE ? undefined : 'descriptor with another id';
  // A reusable one has been dropped from the log, a reserved one is still being written.
  if (kind !== STATE_COMMITTED && kind !== STATE_FINALIZED) return undefined;
  const begin = descs.view.getBigUint64(descs.at + desc.begin, little);
  const next = descs.view.getBigUint64(descs.at + desc.next, little);

  const infoFault = infos.piece(index * info.size, info.size, end * info.size);
  if (infoFault) return `record header ${FAULT_TEXT[infoFault]}`;
  const { view, at } = infos;
  const length = view.getUint16(at + info.length, little);
  const place = blockPlace(begin, next, ring.textSize);
  if (typeof place === 'string') return place;
  let line = '';
  if (place.size > 0 && length > 0) {
    const textFault = text.piece(place.offset, place.size, place.offset < ring.textEnd ? ring.textEnd : ring.textSize);
    if (textFault) return `text ${FAULT_TEXT[textFault]}`;
    if (text.view.getBigUint64(text.at, little) !== id) return 'text of another record';
    const from = text.at + ID_SIZE;
    line = logText(text.bytes, from, from + Math.min(length, place.size - ID_SIZE));
  }
  const flags = view.getUint8(at + info.length + 3); // u16 text_len, u8 facility, u8 flags:5 level:3
  const dict = deviceProperties(infos.bytes, at, layout);
  records.push({
    sequence: view.getBigUint64(at + info.sequence, little),
    timestampNs: view.getBigUint64(at + info.time, little),
    level: little ? flags >> 5 : flags & 7,
    facility: view.getUint8(at + info.length + 2),
    flags: little ? flags & 0x1f : flags >> 3,
    caller: printkCaller(view.getUint32(at + info.caller, little)),
    text: line,
    ...(dict && { dict }),
  });
  return undefined;
}

/**
 * Where the block between two logical positions is in the text buffer. A block that does not fit before the buffer's end
 * starts over at its beginning; one that would end exactly there did so too, until commit 67e1b0052f6b
 * ("printk_ringbuffer: don't needlessly wrap data blocks around", v6.19): its `next` is then the first position of the
 * next turn.
 */
function blockPlace(begin: bigint, next: bigint, size: number): { offset: number; size: number } | string {
  if (begin & DATALESS)
    return begin === EMPTY_LINE || next === EMPTY_LINE ? { offset: 0, size: 0 } : 'text found no room';
  const total = BigInt(size);
  const from = Number(begin % total);
  const to = Number(next % total);
  const wrapped = next / total !== begin / total;
  const offset = wrapped && to !== 0 ? 0 : from;
  const length = (wrapped && to === 0 ? size : to) - offset;
  if (length < ID_SIZE || from % 8 !== 0) return 'text position makes no sense';
  return { offset, size: length };
}

function deviceProperties(bytes: Uint8Array, at: number, layout: RingLayout): string[] | undefined {
  const { subsystem, device, subsystemSize, deviceSize } = layout.info;
  if (bytes[at + subsystem] === 0 && bytes[at + device] === 0) return undefined;
  const dict: string[] = [];
  const add = (key: string, from: number, size: number): void => {
    if (bytes[from] === 0) return;
    const nul = bytes.indexOf(0, from);
    dict.push(key + logText(bytes, from, nul < 0 || nul > from + size ? from + size : nul));
  };
  add('SUBSYSTEM=', at + subsystem, subsystemSize);
  add('DEVICE=', at + device, deviceSize);
  return dict;
}

function readRing(prog: Program, prb: Addr): Ring {
  const memory = prog.memory;
  const at = memory.ulong(prb);
  const descRing = addrAdd(at, member(prog, 'printk_ringbuffer', 'desc_ring'));
  const textRing = addrAdd(at, member(prog, 'printk_ringbuffer', 'text_data_ring'));
  const bits = memory.u32(addrAdd(descRing, member(prog, 'prb_desc_ring', 'count_bits')));
  const textBits = memory.u32(addrAdd(textRing, member(prog, 'prb_data_ring', 'size_bits')));
  if (bits > MAX_SIZE_BITS || textBits > MAX_SIZE_BITS || textBits < 3) {
    throw new CorruptError(at, `log ring: 2^${bits} descriptors and 2^${textBits} bytes exceed 2^${MAX_SIZE_BITS}`);
  }
  const count = 2 ** bits;
  const head = memory.ulong(addrAdd(descRing, member(prog, 'prb_desc_ring', 'head_id'))) & ID_MASK;
  const tail = memory.ulong(addrAdd(descRing, member(prog, 'prb_desc_ring', 'tail_id'))) & ID_MASK;
  const newest = memory.ulong(addrAdd(textRing, member(prog, 'prb_data_ring', 'head_lpos')));
  const used = ((head - tail) & ID_MASK) + 1n;
  if (used > BigInt(count)) {
    throw new CorruptError(descRing, `log ring: ids ${hex(tail)} to ${hex(head)} exceed its ${count} descriptors`);
  }
  return {
    count,
    head,
    tail,
    textSize: 2 ** textBits,
    textEnd: Number(newest % BigInt(2 ** textBits)),
    descs: memory.ulong(addrAdd(descRing, member(prog, 'prb_desc_ring', 'descs'))),
    infos: memory.ulong(addrAdd(descRing, member(prog, 'prb_desc_ring', 'infos'))),
    text: memory.ulong(addrAdd(textRing, member(prog, 'prb_data_ring', 'data'))),
  };
}

/** Where the members of a record's header are. @throws AnalysisError when neither VMCOREINFO nor types tell */
export function infoShape(prog: Program): InfoShape {
  return ringLayout(prog).info;
}

function ringLayout(prog: Program): RingLayout {
  const block = member(prog, 'prb_desc', 'text_blk_lpos');
  const device = member(prog, 'printk_info', 'dev_info');
  const layout: RingLayout = {
    desc: {
      size: size(prog, 'prb_desc'),
      state: member(prog, 'prb_desc', 'state_var'),
      begin: block + member(prog, 'prb_data_blk_lpos', 'begin'),
      next: block + member(prog, 'prb_data_blk_lpos', 'next'),
    },
    info: {
      size: size(prog, 'printk_info'),
      sequence: member(prog, 'printk_info', 'seq'),
      time: member(prog, 'printk_info', 'ts_nsec'),
      length: member(prog, 'printk_info', 'text_len'),
      caller: member(prog, 'printk_info', 'caller_id'),
      subsystem: device + member(prog, 'dev_printk_info', 'subsystem'),
      device: device + member(prog, 'dev_printk_info', 'device'),
      // PRINTK_INFO_SUBSYSTEM_LEN and PRINTK_INFO_DEVICE_LEN, include/linux/dev_printk.h
      subsystemSize: prog.vmcoreinfo.length('printk_info_subsystem') ?? 16,
      deviceSize: prog.vmcoreinfo.length('printk_info_device') ?? 48,
    },
  };
  checkLayout(layout);
  return layout;
}

/** What VMCOREINFO states may be damaged: no member lies outside of its structure. @throws NotFoundError */
function checkLayout({ desc, info }: RingLayout): void {
  const descEnd = Math.max(desc.state, desc.begin, desc.next) + 8;
  const infoEnd = Math.max(info.sequence + 8, info.time + 8, info.length + 4, info.caller + 4);
  if (descEnd > desc.size)
    throw new NotFoundError('type', 'prb_desc', `a member ends at ${descEnd} of ${desc.size} bytes`);
  if (infoEnd > info.size) {
    throw new NotFoundError('type', 'printk_info', `a member ends at ${infoEnd} of ${info.size} bytes`);
  }
}

/** VMCOREINFO states the ring's layout (log_buf_vmcoreinfo_setup); types are asked only where it does not. */
function member(prog: Program, type: string, name: string): Bytes {
  const stated = prog.vmcoreinfo.offset(`${type}.${name}`);
  return stated !== undefined && stated < 4096 ? stated : prog.offset(type, name);
}

function size(prog: Program, type: string): Bytes {
  const bytes = prog.vmcoreinfo.size(type) ?? prog.type(type).size;
  if (bytes < 16 || bytes > 4096) throw new NotFoundError('type', type, `its size ${bytes} makes no sense`);
  return bytes;
}
