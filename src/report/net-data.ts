import { digits } from './pad.ts';
import { arrayOf, hexString, integer, object, oneOf, optional, type Schema, string } from './schema.ts';

/** A network device as JSON. */
export interface NetDeviceData {
  readonly address: string;
  readonly name: string;
  readonly index: number;
  readonly flags: number;
  readonly mtu: number;
  readonly addresses: readonly { readonly family: string; readonly text: string; readonly prefixLength: number }[];
}

export const netDeviceSchema: Schema = object('A network device.', {
  address: hexString('Address of `struct net_device`.'),
  name: string('Name.'),
  index: integer('Its number.'),
  flags: integer('IFF_UP = 1, IFF_LOOPBACK = 8, IFF_RUNNING = 64 ...'),
  mtu: integer('Largest packet in bytes.'),
  addresses: arrayOf(
    'IPv4, then IPv6.',
    object('An address.', {
      family: oneOf('Family.', ['INET', 'INET6']),
      text: string('The address.'),
      prefixLength: integer('Bits of the network.'),
    }),
  ),
});

export function deviceLines(devices: readonly NetDeviceData[]): string[] {
  const line = (d: NetDeviceData): string =>
    `${digits(d.address)}  ${d.name.padEnd(10)} ${d.addresses.map((a) => a.text).join(', ')}`;
  return ['   NET_DEVICE     NAME       IP ADDRESS(ES)', ...devices.map(line)];
}

/** An entry of the ARP cache as JSON. */
export interface NeighbourData {
  readonly address: string;
  readonly ip: string;
  readonly hardwareType: number;
  readonly hardwareAddress: string;
  readonly device: string;
  readonly state: number;
}

export const neighbourSchema: Schema = object('An entry of the ARP cache.', {
  address: hexString('Address of `struct neighbour`.'),
  ip: string('IPv4 address.'),
  hardwareType: integer('ARPHRD number of its device: 1 is Ethernet, 772 the loopback.'),
  hardwareAddress: string('Hardware address.'),
  device: string('Device.'),
  state: integer(
    'NUD bits: 1 INCOMPLETE, 2 REACHABLE, 4 STALE, 8 DELAY, 16 PROBE, 32 FAILED, 64 NOARP, 128 PERMANENT.',
  ),
});

const ETHER = 1;
// include/uapi/linux/if_arp.h
const HARDWARE: Readonly<Record<number, string>> = {
  0: 'NETROM',
  1: 'ETHER',
  2: 'EETHER',
  3: 'AX25',
  4: 'PRONET',
  5: 'CHAOS',
  6: 'IEEE802',
  7: 'ARCNET',
  8: 'APPLETLK',
  15: 'DLCI',
  19: 'ATM',
  24: 'IEEE1394',
  27: 'EUI64',
  32: 'INFINIBAND',
  512: 'PPP',
  768: 'TUNNEL',
  772: 'LOOPBACK',
};
const STATES = ['INCOMPLETE', 'REACHABLE', 'STALE', 'DELAY', 'PROBE', 'FAILED', 'NOARP', 'PERMANENT'];

export function neighbourLines(neighbours: readonly NeighbourData[]): string[] {
  const line = (n: NeighbourData): string => {
    const type = (HARDWARE[n.hardwareType] ?? 'UNKNOWN').padEnd(10);
    const hardware = n.hardwareType === ETHER ? n.hardwareAddress : n.hardwareAddress.replaceAll(':', ' ');
    const state = STATES.filter((_, bit) => ((n.state >> bit) & 1) === 1).join('|');
    return `${digits(n.address)} ${n.ip.padEnd(15)} ${type} ${hardware.padEnd(18)} ${n.device.padEnd(7)} ${state}`;
  };
  const header = 'NEIGHBOUR        IP ADDRESS      HW TYPE    HW ADDRESS         DEVICE  STATE';
  return [header, ...neighbours.map(line)];
}

/** One end of a connection as JSON. */
interface SocketEndData {
  readonly address: string;
  readonly long: string;
  readonly port: number;
}

/** A socket as JSON. */
export interface SocketData {
  readonly fd: number;
  readonly socket: string;
  readonly sock: string;
  readonly inode: string;
  readonly family: string;
  readonly type: string;
  readonly protocol: number;
  readonly state: string;
  readonly source?: SocketEndData;
  readonly destination?: SocketEndData;
  readonly path?: string;
  readonly netlinkPort?: number;
  readonly deviceIndex?: number;
  readonly structures?: readonly string[];
}

const endSchema: Schema = object('One end.', {
  address: string('Address.'),
  long: string('Address, of IPv6 in all its groups.'),
  port: integer('Port.'),
});

export const socketSchema: Schema = object('A socket.', {
  fd: integer('Descriptor.'),
  socket: hexString('Address of `struct socket`.'),
  sock: hexString('Address of `struct sock`.'),
  inode: hexString('Number of its inode, as in `socket:[N]`.'),
  family: string('INET, INET6, UNIX, NETLINK, PACKET ...'),
  type: string('STREAM, DGRAM, RAW ...'),
  protocol: integer('6 is TCP, 17 UDP.'),
  state: string('ESTABLISHED, LISTEN ...; CLOSE of what is not connected.'),
  source: optional(endSchema),
  destination: optional(endSchema),
  path: optional(string('Of a UNIX socket that has one; an abstract name begins with @.')),
  netlinkPort: optional(integer('Port of a netlink socket.')),
  deviceIndex: optional(integer('Device of a packet socket, 0 for all.')),
  structures: optional(arrayOf('The structures as C (`-S`).', string('A line.'))),
});

export const SOCKET_HEADER = 'FD      SOCKET            SOCK       FAMILY:TYPE SOURCE-PORT DESTINATION-PORT';

export function socketLine(s: SocketData): string {
  const kind = `${s.family}:${s.type}`.padEnd(12);
  return `${String(s.fd).padStart(2)} ${digits(s.socket)} ${digits(s.sock)} ${kind} ${ends(s)}`;
}

function ends(s: SocketData): string {
  const end = ({ long, port }: SocketEndData): string => `${long}-${port}`;
  // addresses of IPv6 have a blank more behind them
  const gap = s.family === 'INET6' ? '  ' : ' ';
  if (s.source && s.destination) return `${end(s.source)}${gap}${end(s.destination)}`;
  if (s.path !== undefined) return s.path;
  if (s.netlinkPort !== undefined) return String(s.netlinkPort);
  return s.deviceIndex === undefined ? '' : `device ${s.deviceIndex}`;
}
