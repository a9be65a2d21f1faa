import { CorruptError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { chainEntries } from './list.ts';
import { formatIpv4 } from './net-address.ts';
import { netDeviceName } from './net-device.ts';
import { attempt, noteProblem } from './note-problem.ts';

/** 2^16 buckets: gc_thresh3 may be raised, but the table doubles only as it fills. */
const MAX_SHIFT = 24;
const MAX_HARDWARE = 32; // MAX_ADDR_LEN, include/linux/netdevice.h

/** An entry of the ARP cache. */
export interface Neighbour {
  /** `struct neighbour *` */
  readonly address: Addr;
  readonly ip: string;
  /** `dev->type`: ARPHRD_ETHER = 1, ARPHRD_LOOPBACK = 772 ... (include/uapi/linux/if_arp.h). */
  readonly hardwareType: number;
  readonly hardwareAddress: Uint8Array;
  readonly device: string;
  /** NUD_INCOMPLETE = 1, NUD_REACHABLE = 2 ... bits (include/uapi/linux/neighbour.h). */
  readonly state: number;
}

/** The ARP cache. */
export interface Neighbours {
  readonly neighbours: readonly Neighbour[];
  readonly problems: readonly Problem[];
}

/** The ARP cache of all namespaces, by hash bucket. @throws NotFoundError when types or symbols are unknown */
export function arpCache(prog: Program): Neighbours {
  const neighbours: Neighbour[] = [];
  const problems: Problem[] = [];
  const table = prog.memory.ulong(addrAdd(prog.symbol('arp_tbl'), prog.offset('neigh_table', 'nht')));
  const shift = prog.memory.u32(addrAdd(table, prog.offset('neigh_hash_table', 'hash_shift')));
  if (shift > MAX_SHIFT) throw new CorruptError(table, `neighbour table: 2^${shift} buckets exceed 2^${MAX_SHIFT}`);
  // hash_heads since commit a01a67ab2fff ("neighbour: Remove bare neighbour::next pointer", v6.13)
  const heads = prog.findMember('neigh_hash_table', 'hash_heads');
  const buckets = prog.memory.ulong(addrAdd(table, heads?.offset ?? prog.offset('neigh_hash_table', 'hash_buckets')));
  const link = heads ? prog.offset('neighbour', 'hash') : prog.offset('neighbour', 'next');
  for (let i = 0; i < 2 ** shift; i++) {
    const bucket = addrAdd(buckets, i * prog.arch.pointerSize);
    try {
      // Nodes of an hlist point to the node in the next entry, the older chain to the entry itself.
      const shape = heads ? { end: 0n } : { end: 0n, link, headLink: 0 };
      for (const node of chainEntries(prog, bucket, `neighbours of bucket ${i}`, shape)) {
        const at = heads ? addrAdd(node, -link) : node;
        const entry = attempt(problems, `neighbour ${hex(at)}`, () => neighbour(prog, at));
        if (entry) neighbours.push(entry);
      }
    } catch (e) {
      noteProblem(problems, 'neighbours', e);
    }
  }
  return { neighbours, problems };
}

function neighbour(prog: Program, at: Addr): Neighbour {
  const { memory } = prog;
  const device = memory.ulong(addrAdd(at, prog.offset('neighbour', 'dev')));
  const length = Math.min(memory.u8(addrAdd(device, prog.offset('net_device', 'addr_len'))), MAX_HARDWARE);
  return {
    address: at,
    ip: formatIpv4(memory.bytes(addrAdd(at, prog.offset('neighbour', 'primary_key')), 4)),
    hardwareType: memory.u16(addrAdd(device, prog.offset('net_device', 'type'))),
    hardwareAddress: memory.bytes(addrAdd(at, prog.offset('neighbour', 'ha')), length),
    device: netDeviceName(prog, device),
    state: memory.u8(addrAdd(at, prog.offset('neighbour', 'nud_state'))),
  };
}
