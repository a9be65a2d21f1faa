import { AnalysisError, NotFoundError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { chainEntries, listEntries } from './list.ts';
import { formatIpv4, formatIpv6 } from './net-address.ts';
import { attempt, noteProblem } from './note-problem.ts';

const MAX_DEVICES = 100_000;
const MAX_ADDRESSES = 10_000;
const IFNAMSIZ = 16;

/** A network device. */
export interface NetDevice {
  /** `struct net_device *` */
  readonly address: Addr;
  readonly name: string;
  readonly index: number;
  /** IFF_UP = 1, IFF_BROADCAST = 2, IFF_LOOPBACK = 8, IFF_RUNNING = 0x40 ... (include/uapi/linux/if.h). */
  readonly flags: number;
  readonly mtu: number;
  /** IPv4 addresses, then IPv6, in the kernel's order. */
  readonly addresses: readonly DeviceAddress[];
}

/** An address of a device. */
export interface DeviceAddress {
  readonly family: 'INET' | 'INET6';
  readonly text: string;
  readonly prefixLength: number;
}

/** The devices of a network namespace. */
export interface NetDevices {
  /** `struct net *` */
  readonly namespace: Addr;
  readonly devices: readonly NetDevice[];
  readonly problems: readonly Problem[];
}

/**
 * The network namespace of a task.
 * @param task `struct task_struct *`; without it the first one, `init_net`
 * @throws NotFoundError MemoryFault
 */
export function netNamespace(prog: Program, task?: Addr): Addr {
  if (task === undefined) return prog.symbol('init_net');
  const proxy = prog.memory.ulong(addrAdd(task, prog.offset('task_struct', 'nsproxy')));
  if (proxy === 0n) throw new NotFoundError('network namespace', `of task ${hex(task)}`, 'it is exiting');
  return prog.memory.ulong(addrAdd(proxy, prog.offset('nsproxy', 'net_ns')));
}

/**
 * The devices of a network namespace, as `ip addr` lists them.
 * @param namespace `struct net *`
 * @throws NotFoundError when the types are unknown
 */
export function netDevices(prog: Program, namespace: Addr): NetDevices {
  const problems: Problem[] = [];
  const devices: NetDevice[] = [];
  const link = prog.offset('net_device', 'dev_list');
  const head = addrAdd(namespace, prog.offset('net', 'dev_base_head'));
  try {
    for (const node of listEntries(prog, head, 'network devices', MAX_DEVICES)) {
      const at = addrAdd(node, -link);
      const device = attempt(problems, `network device ${hex(at)}`, () => netDevice(prog, at, problems));
      if (device) devices.push(device);
    }
  } catch (e) {
    noteProblem(problems, 'network devices', e);
  }
  return { namespace, devices, problems };
}

/** Name of a device. @param device `struct net_device *` @throws MemoryFault */
export function netDeviceName(prog: Program, device: Addr): string {
  return prog.memory.cString(addrAdd(device, prog.offset('net_device', 'name')), IFNAMSIZ);
}

function netDevice(prog: Program, at: Addr, problems: Problem[]): NetDevice {
  const u32 = (member: string): number => prog.memory.u32(addrAdd(at, prog.offset('net_device', member)));
  const name = netDeviceName(prog, at);
  const addresses: DeviceAddress[] = [];
  const collect = (walk: Iterable<DeviceAddress>, what: string): void => {
    try {
      for (const address of walk) addresses.push(address);
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      problems.push({ what: `${what} addresses of ${name}`, why: e.message });
    }
  };
  collect(ipv4Addresses(prog, at), 'IPv4');
  collect(ipv6Addresses(prog, at), 'IPv6');
  return { address: at, name, index: u32('ifindex'), flags: u32('flags'), mtu: u32('mtu'), addresses };
}

/** `dev->ip_ptr->ifa_list`, singly linked. */
function* ipv4Addresses(prog: Program, device: Addr): Generator<DeviceAddress> {
  const place = prog.findMember('net_device', 'ip_ptr'); // absent without CONFIG_INET in newer kernels
  const config = place ? prog.memory.ulong(addrAdd(device, place.offset)) : 0n;
  if (config === 0n) return;
  const local = prog.offset('in_ifaddr', 'ifa_local');
  const prefix = prog.offset('in_ifaddr', 'ifa_prefixlen');
  const shape = {
    end: 0n,
    link: prog.offset('in_ifaddr', 'ifa_next'),
    headLink: prog.offset('in_device', 'ifa_list'),
    max: MAX_ADDRESSES,
  };
  for (const at of chainEntries(prog, config, 'IPv4 addresses', shape)) {
    const bytes = prog.memory.bytes(addrAdd(at, local), 4);
    yield { family: 'INET', text: formatIpv4(bytes), prefixLength: prog.memory.u8(addrAdd(at, prefix)) };
  }
}

/** `dev->ip6_ptr->addr_list`, a list of `inet6_ifaddr.if_list`. */
function* ipv6Addresses(prog: Program, device: Addr): Generator<DeviceAddress> {
  const place = prog.findMember('net_device', 'ip6_ptr');
  const config = place ? prog.memory.ulong(addrAdd(device, place.offset)) : 0n;
  if (config === 0n || !prog.findType('inet6_ifaddr') || !prog.findType('inet6_dev')) return;
  const link = prog.offset('inet6_ifaddr', 'if_list');
  const address = prog.offset('inet6_ifaddr', 'addr');
  const prefix = prog.offset('inet6_ifaddr', 'prefix_len');
  const head = addrAdd(config, prog.offset('inet6_dev', 'addr_list'));
  for (const node of listEntries(prog, head, 'IPv6 addresses', MAX_ADDRESSES)) {
    const at = addrAdd(node, -link);
    const bytes = prog.memory.bytes(addrAdd(at, address), 16);
    yield { family: 'INET6', text: formatIpv6(bytes), prefixLength: prog.memory.u32(addrAdd(at, prefix)) };
  }
}
