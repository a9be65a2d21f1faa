import { CorruptError } from '../base/errors.ts';
import { cString } from '../base/text.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { noteProblem } from './note-problem.ts';

/** Where records wait for the audit daemon: kernel/audit.c. */
const QUEUES = ['audit_hold_queue', 'audit_retry_queue', 'audit_queue'] as const;
const MAX_RECORDS = 100_000;
/** `struct nlmsghdr`: u32 length, u16 type, u16 flags, u32 sequence, u32 port. */
const HEADER: Bytes = 16;
/** MAX_AUDIT_MESSAGE_LENGTH, include/uapi/linux/audit.h. */
const MAX_RECORD: Bytes = 8970;

/** An audit record that the daemon has not got. */
export interface AuditRecord {
  readonly queue: string;
  /** AUDIT_*, include/uapi/linux/audit.h. */
  readonly type: number;
  readonly text: string;
}

/** What waits in the queues of the audit subsystem, oldest first. Never throws for damage. */
export function auditRecords(prog: Program): {
  readonly records: readonly AuditRecord[];
  readonly problems: readonly Problem[];
} {
  const records: AuditRecord[] = [];
  const problems: Problem[] = [];
  for (const queue of QUEUES) {
    const head = prog.findSymbol(queue)?.address;
    if (head === undefined) continue;
    try {
      for (const skb of buffers(prog, head, queue)) {
        const record = recordOf(prog, skb);
        if (record) records.push({ queue, ...record });
      }
    } catch (e) {
      noteProblem(problems, queue, e);
    }
  }
  return { records, problems };
}

/** `struct sk_buff` on a `struct sk_buff_head`: both begin with the link to the next. */
function* buffers(prog: Program, head: Addr, queue: string): Generator<Addr> {
  const seen = new Set<Addr>();
  for (let skb = prog.memory.ulong(head); skb !== head && skb !== 0n; skb = prog.memory.ulong(skb)) {
    if (seen.has(skb) || seen.size >= MAX_RECORDS) {
      const why = seen.has(skb) ? 'the list runs in a circle' : `more than ${MAX_RECORDS} records`;
      throw new CorruptError(skb, `${queue}: ${why}`);
    }
    seen.add(skb);
    yield skb;
  }
}

function recordOf(prog: Program, skb: Addr): { type: number; text: string } | undefined {
  const data = prog.memory.ulong(addrAdd(skb, prog.offset('sk_buff', 'data')));
  const length = prog.memory.u32(data);
  if (length <= HEADER || length > MAX_RECORD + HEADER) return undefined;
  const bytes = prog.memory.bytes(data, length);
  const type = new DataView(bytes.buffer, bytes.byteOffset).getUint16(4, prog.arch.littleEndian);
  return { type, text: cString(bytes, HEADER, length) };
}
