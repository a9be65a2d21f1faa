import type { KernelMemory } from './kernel-memory.ts';
import type { MadeFile, OpenFilesWriter } from './open-files.ts';

/** A socket of a made-up kernel. */
export interface MadeSocket {
  /** `struct socket *` */
  readonly socket: bigint;
  /** `struct sock *` */
  readonly sock: bigint;
  /** As a process has it open. */
  readonly file: MadeFile;
}

/** One end: the bytes of its address, 4 or 16, and its port. */
export type MadeEnd = readonly [address: readonly number[], port: number];

/** An IPv4 address as an IPv6 socket has it. */
export function mappedAddress(...four: number[]): number[] {
  return [...new Array<number>(10).fill(0), 255, 255, ...four];
}

/** Sockets of a made-up kernel, each with its inode. */
export class SocketWriter {
  readonly #files: OpenFilesWriter;

  constructor(files: OpenFilesWriter) {
    this.#files = files;
    const { memory } = files.made;
    const common = { family: [0, 2], state: [2, 1], dport: [4, 2], daddr: [8, 4], rcv_saddr: [12, 4] } as const;
    const newer = { v6_daddr: [16, 16], v6_rcv_saddr: [32, 16] } as const;
    const members = Object.entries({ ...common, ...newer }).map(([name, at]) => [`__sk_common.skc_${name}`, at]);
    memory.type('sock', 128, { ...Object.fromEntries(members), sk_protocol: [48, 2] });
    memory.type('inet_sock', 128, { inet_sport: [50, 2] });
    memory.type('unix_sock', 128, { addr: 56, peer: 64 });
    memory.type('unix_address', 128, { len: [0, 4], name: 4 });
    memory.type('socket', 64, { type: [0, 2], sk: 8 });
    memory.type('socket_alloc', 128, { socket: 0, vfs_inode: 64 });
  }

  #socket(family: number): MadeSocket {
    const { memory } = this.#files.made;
    const [whole, sock] = [memory.alloc(128), memory.alloc(128)];
    memory.u16(whole, 1);
    memory.u64(whole + 8n, sock);
    memory.u16(sock, family);
    memory.u8(sock + 2n, 1);
    return { socket: whole, sock, file: { kind: 'socket', inode: this.#files.inode('socket', whole + 64n) } };
  }

  /** An established connection; of IPv6 where addresses have 16 bytes. */
  internet(from: MadeEnd, to: MadeEnd, protocol = 6): MadeSocket {
    const { memory } = this.#files.made;
    const wide = from[0].length === 16;
    const made = this.#socket(wide ? 10 : 2);
    const { sock } = made;
    memory.bytes(sock + (wide ? 16n : 8n), Uint8Array.from(to[0]));
    memory.bytes(sock + (wide ? 32n : 12n), Uint8Array.from(from[0]));
    memory.bytes(sock + 4n, Uint8Array.of(to[1] >> 8, to[1] & 255));
    memory.bytes(sock + 50n, Uint8Array.of(from[1] >> 8, from[1] & 255));
    memory.u16(sock + 48n, protocol);
    return made;
  }

  /** Two ends that are connected; the second one is bound to the path. */
  unix(path: string): [MadeSocket, MadeSocket] {
    const { memory } = this.#files.made;
    const [one, two] = [this.#socket(1), this.#socket(1)];
    memory.u64(one.sock + 64n, two.sock);
    memory.u64(two.sock + 64n, one.sock);
    const address = memory.alloc(128);
    memory.u32(address, path.length + 3);
    memory.text(address + 6n, path);
    memory.u64(two.sock + 56n, address);
    return [one, two];
  }
}

/** A `struct nbd_device` with these `struct socket`; it may say that it has more of them than there are. */
export function networkDevice(memory: KernelMemory, sockets: readonly bigint[], count = sockets.length): bigint {
  memory.type('nbd_device', 64, { config: 8 });
  memory.type('nbd_config', 64, { num_connections: [0, 4], socks: 8 });
  memory.type('nbd_sock', 64, { sock: 0 });
  const [device, config, table] = [memory.alloc(64), memory.alloc(64), memory.alloc(64)];
  memory.u64(device + 8n, config);
  memory.u32(config, count);
  memory.u64(config + 8n, table);
  sockets.forEach((socket, i) => {
    const own = memory.alloc(64);
    memory.u64(own, socket);
    memory.u64(table + BigInt(i * 8), own);
  });
  return device;
}
