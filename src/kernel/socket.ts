import { AnalysisError } from '../base/errors.ts';
import { cString } from '../base/text.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { formatIpv4, formatIpv6, formatIpv6Long } from './net-address.ts';

// include/linux/socket.h
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const AF_PACKET = 17;
/** Names of the address families by number. */
const FAMILIES =
  'UNSPEC UNIX INET AX25 IPX APPLETALK NETROM BRIDGE ATMPVC X25 INET6 ROSE DECnet NETBEUI SECURITY KEY NETLINK PACKET ASH ECONET ATMSVC RDS SNA IRDA PPPOX WANPIPE LLC IB MPLS CAN TIPC BLUETOOTH IUCV RXRPC ISDN PHONET IEEE802154 CAIF ALG NFC VSOCK KCM QIPCRTR SMC XDP MCTP'.split(
    ' ',
  );
/** SOCK_STREAM and so on (include/linux/net.h). */
const TYPES: Readonly<Record<number, string>> = {
  1: 'STREAM',
  2: 'DGRAM',
  3: 'RAW',
  4: 'RDM',
  5: 'SEQPACKET',
  6: 'DCCP',
  10: 'PACKET',
};
/** TCP_ESTABLISHED = 1 and so on (include/net/tcp_states.h), which the other families use too. */
const STATES =
  'ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING NEW_SYN_RECV BOUND_INACTIVE'.split(
    ' ',
  );

/** One end of a connection. */
export interface SocketEnd {
  readonly address: string;
  /** An IPv6 address in all its groups, as crash writes it; the same as `address` otherwise. */
  readonly long: string;
  readonly port: number;
}

/** A socket of a process. */
export interface SocketRecord {
  /** `struct socket *` */
  readonly socket: Addr;
  /** `struct sock *` */
  readonly sock: Addr;
  /** `INET`, `UNIX`, `NETLINK` ..., or the number. */
  readonly family: string;
  /** `STREAM`, `DGRAM` ..., or the number. */
  readonly type: string;
  /** IPPROTO_TCP = 6, IPPROTO_UDP = 17 ... */
  readonly protocol: number;
  /** `ESTABLISHED`, `LISTEN` ...; of a datagram socket CLOSE means unconnected. */
  readonly state: string;
  /** Of IPv4 and IPv6. */
  readonly source?: SocketEnd;
  readonly destination?: SocketEnd;
  /** Of a UNIX socket that has one; an abstract one begins with `@`. */
  readonly path?: string;
  /** Of a netlink socket: its port. */
  readonly netlinkPort?: number;
  /** Of a packet socket: index of its device, 0 for all. */
  readonly deviceIndex?: number;
}

/**
 * The socket behind an inode of kind SOCK: `struct socket_alloc` holds both (include/net/sock.h, SOCKET_I).
 * @param inode `struct inode *`
 * @returns undefined for a socket that has no `struct sock` (any more)
 * @throws NotFoundError MemoryFault
 */
export function socketOfInode(prog: Program, inode: Addr): SocketRecord | undefined {
  const whole = addrAdd(inode, -prog.offset('socket_alloc', 'vfs_inode'));
  return socketAt(prog, addrAdd(whole, prog.offset('socket_alloc', 'socket')));
}

/** @param socket `struct socket *` @returns undefined for one that has no `struct sock` (any more) @throws NotFoundError MemoryFault */
export function socketAt(prog: Program, socket: Addr): SocketRecord | undefined {
  const sock = prog.memory.ulong(addrAdd(socket, prog.offset('socket', 'sk')));
  return sock === 0n ? undefined : socketRecord(prog, socket, sock);
}

function socketRecord(prog: Program, socket: Addr, sock: Addr): SocketRecord {
  const { memory } = prog;
  const family = memory.u16(addrAdd(sock, prog.offset('sock', '__sk_common.skc_family')));
  const type = memory.u16(addrAdd(socket, prog.offset('socket', 'type')));
  const state = memory.u8(addrAdd(sock, prog.offset('sock', '__sk_common.skc_state')));
  return {
    socket,
    sock,
    family: FAMILIES[family] ?? String(family),
    type: TYPES[type] ?? String(type),
    protocol: protocol(prog, sock),
    state: STATES[state - 1] ?? String(state),
    ...ends(prog, sock, family),
  };
}

/** `sk_protocol` was a bit-field until commit bf9765145b85 ("sock: Make sk_protocol a 16-bit value", v5.6). */
function protocol(prog: Program, sock: Addr): number {
  return prog.at('sock', sock).get('sk_protocol').toNumber();
}

type Ends = Pick<SocketRecord, 'source' | 'destination' | 'path' | 'netlinkPort' | 'deviceIndex'>;

/** What its family knows of its ends; a member that is missing or cannot be read leaves them out. */
function ends(prog: Program, sock: Addr, family: number): Ends {
  try {
    if (family === AF_INET) return internet(prog, sock, 4);
    if (family === AF_INET6) return internet(prog, sock, 16);
    if (family === AF_UNIX) return unix(prog, sock);
    if (family === AF_NETLINK) {
      return { netlinkPort: prog.memory.u32(addrAdd(sock, prog.offset('netlink_sock', 'portid'))) };
    }
    if (family === AF_PACKET) {
      return { deviceIndex: prog.memory.i32(addrAdd(sock, prog.offset('packet_sock', 'ifindex'))) };
    }
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
  }
  return {};
}

/** The two ends as `struct sock_common` has them, ports in network order. */
function internet(prog: Program, sock: Addr, size: 4 | 16): Ends {
  const common = (member: string): Addr => addrAdd(sock, prog.offset('sock', `__sk_common.${member}`));
  const end = (address: string, port: number): SocketEnd => {
    const bytes = prog.memory.bytes(common(address), size);
    return size === 4
      ? { address: formatIpv4(bytes), long: formatIpv4(bytes), port }
      : { address: formatIpv6(bytes), long: formatIpv6Long(bytes), port };
  };
  const remotePort = prog.memory.bytes(common('skc_dport'), 2);
  // The port that a raw socket binds is its protocol; inet_sport is what the packets carry.
  const local = prog.memory.bytes(addrAdd(sock, prog.offset('inet_sock', 'inet_sport')), 2);
  return {
    source: end(size === 4 ? 'skc_rcv_saddr' : 'skc_v6_rcv_saddr', bigEndian(local)),
    destination: end(size === 4 ? 'skc_daddr' : 'skc_v6_daddr', bigEndian(remotePort)),
  };
}

function bigEndian(bytes: Uint8Array): number {
  return ((bytes[0] as number) << 8) | (bytes[1] as number);
}

const MAX_PATH: Bytes = 110; // sizeof(struct sockaddr_un)

/** `unix_sock.addr` is a length and a `sockaddr_un`, whose path of an abstract name begins with a NUL. */
function unix(prog: Program, sock: Addr): Ends {
  const { memory } = prog;
  const at = memory.ulong(addrAdd(sock, prog.offset('unix_sock', 'addr')));
  if (at === 0n) return {};
  const length = Math.min(memory.u32(addrAdd(at, prog.offset('unix_address', 'len'))), MAX_PATH);
  if (length <= 2) return {};
  const name = memory.bytes(addrAdd(at, prog.offset('unix_address', 'name') + 2), length - 2);
  return { path: name[0] === 0 ? `@${cString(name, 1)}` : cString(name) };
}
