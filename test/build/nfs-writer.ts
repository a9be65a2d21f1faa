import { arrayType, u64Type } from './c-types.ts';
import { flatType } from './kernel-memory.ts';
import type { WaitWriter } from './wait-writer.ts';

/** An NFS mount of a made-up kernel. */
export interface MadeNfs {
  readonly superblock: bigint;
  /** `struct nfs_server *` */
  readonly server: bigint;
  /** `struct rpc_clnt *`; its list of calls begins at 16. */
  readonly client: bigint;
  /** `struct rpc_xprt *`, at 64 in its `struct sock_xprt`. */
  readonly transport: bigint;
}

/** The mounts of process 1 of a made-up kernel, with the calls of their servers. */
export class NfsWriter {
  readonly made: WaitWriter;
  readonly #list: bigint;
  readonly #links: bigint[] = [];

  constructor(made: WaitWriter) {
    this.made = made;
    const { memory } = made;
    memory.type('nsproxy', 64, { mnt_ns: 24 });
    memory.type('mnt_namespace', 64, { list: 16 });
    memory.type('mount', 256, { mnt: 32, mnt_parent: 16, mnt_mountpoint: 24, mnt_devname: 136, mnt_list: 144 });
    memory.type('vfsmount', 32, { mnt_root: 0, mnt_sb: 8, mnt_flags: [16, 4] });
    made.add('super_block', { s_type: 32, s_flags: 80, s_subtype: 88, s_fs_info: 96 });
    memory.type('file_system_type', 64, { name: 0 });
    memory.type('dentry', 128, { d_parent: 24, d_name: 32, d_iname: [56, 32] });
    memory.type('qstr', 16, { len: [4, 4], name: 8 });
    memory.type('fs_struct', 64, { root: 24 });
    memory.type('path', 16, { mnt: 0, dentry: 8 });
    memory.type('nfs_server', 64, { client: 8 });
    memory.type('rpc_clnt', 64, { cl_xprt: 8, cl_tasks: 16 });
    memory.type('rpc_xprt', 128, { servername: 8, address_strings: [16, arrayType(u64Type, 6)], state: 64 });
    memory.type('sock_xprt', 256, { sock: 8, xprt: [64, flatType('rpc_xprt', 128, {})] });
    memory.type('rpc_task', 64, { tk_client: 0, tk_task: 8, tk_start: 24, 'tk_msg.rpc_proc': 32, tk_waitqueue: 40 });
    memory.type('rpc_procinfo', 64, { p_name: 8 });
    memory.type('rpc_wait_queue', 64, { name: 8 });
    const init = made.waits(1, 'init', ['pause'], 1).task;
    const [proxy, namespace] = [memory.alloc(64), memory.alloc(64)];
    memory.u64(init + 208n, proxy);
    memory.u64(proxy + 24n, namespace);
    this.#list = namespace + 16n;
    memory.circle(this.#list);
  }

  /** @param on superblock that has been mounted already */
  mount(type: string, device: string, on = this.made.memory.alloc(256)): bigint {
    const { memory } = this.made;
    const [at, root, kind] = [memory.alloc(256), memory.alloc(128), memory.alloc(64)];
    memory.u64(kind, memory.string(type));
    memory.u64(on + 32n, kind);
    memory.u64(root + 24n, root);
    memory.u32(root + 36n, 1);
    memory.u64(root + 40n, root + 56n);
    memory.text(root + 56n, '/');
    memory.u64(at + 16n, at);
    memory.u64(at + 24n, root);
    memory.u64(at + 32n, root);
    memory.u64(at + 40n, on);
    memory.u64(at + 136n, memory.string(device));
    this.#links.push(at + 144n);
    memory.circle(this.#list, ...this.#links);
    return on;
  }

  /** A mount of a server. */
  nfs(device: string, server: string, address: string, connected: boolean): MadeNfs {
    const { memory } = this.made;
    const superblock = this.mount('nfs4', device);
    const [info, client, whole] = [memory.alloc(64), memory.alloc(64), memory.alloc(256)];
    const transport = whole + 64n;
    memory.u64(superblock + 96n, info);
    memory.u64(info + 8n, client);
    memory.u64(client + 8n, transport);
    memory.circle(client + 16n);
    memory.u64(transport + 8n, memory.string(server));
    memory.u64(transport + 16n, memory.string(address));
    memory.u64(transport + 64n, connected ? 3n : 1n);
    return { superblock, server: info, client, transport };
  }

  /** Calls that wait in a queue since these seconds, in this order; returns them. */
  calls(
    { client }: MadeNfs,
    queue: string,
    ...calls: readonly (readonly [procedure: string, since: bigint])[]
  ): bigint[] {
    const { memory } = this.made;
    const waiting = memory.alloc(64);
    memory.u64(waiting + 8n, memory.string(queue));
    const made = calls.map(([procedure, since]) => {
      const [task, info] = [memory.alloc(64), memory.alloc(64)];
      memory.u64(info + 8n, memory.string(procedure));
      memory.u64(task, client);
      memory.u64(task + 24n, since * 1_000_000_000n);
      memory.u64(task + 32n, info);
      memory.u64(task + 40n, waiting);
      return task;
    });
    memory.circle(client + 16n, ...made.map((task) => task + 8n));
    return made;
  }

  /** Gives a mount's connection this `struct socket`. */
  socket({ transport }: MadeNfs, socket: bigint): void {
    this.made.memory.u64(transport - 64n + 8n, socket);
  }
}
