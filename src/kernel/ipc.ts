import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { Value } from '../program/value.ts';
import { attempt } from './note-problem.ts';
import { radixTreeItems } from './radix-tree.ts';

/** What every System V IPC object has: `struct kern_ipc_perm`. */
export interface IpcObject {
  /** `struct shmid_kernel`, `struct sem_array` or `struct msg_queue`. */
  readonly address: Addr;
  readonly key: number;
  readonly id: number;
  /** Of its owner, as the kernel keeps it: seen from the first user namespace. */
  readonly uid: number;
  /** Permissions and, of shared memory, `SHM_DEST` and `SHM_LOCKED`. */
  readonly mode: number;
}

/** A segment of shared memory. */
export interface SharedMemory extends IpcObject {
  /** In bytes. */
  readonly size: number;
  readonly attached: number;
  /** It goes when nobody has it attached. */
  readonly removed: boolean;
  readonly locked: boolean;
  /** Of its file; 0n when it has none. */
  readonly inode: Addr;
  /** Pages in memory and in swap space; undefined when they cannot be told. */
  readonly residentPages: number | undefined;
  readonly swappedPages: number | undefined;
}

/** A set of semaphores. */
export interface SemaphoreArray extends IpcObject {
  readonly semaphores: number;
}

/** A message queue. */
export interface MessageQueue extends IpcObject {
  /** Bytes of the messages in it. */
  readonly bytes: number;
  readonly messages: number;
}

export interface IpcObjects<T> {
  /** By the kernel's index. */
  readonly objects: readonly T[];
  readonly problems: readonly Problem[];
}

/** Places in `ipc_namespace.ids` (ipc/util.h). */
const IDS = { semaphores: 0, messages: 1, memory: 2 } as const;
const SHM_DEST = 0o1000;
const SHM_LOCKED = 0o2000;

/**
 * The IPC namespace of a task, `struct ipc_namespace *`; that of the first process without one.
 * @param task `struct task_struct *` @throws NotFoundError MemoryFault; 0n for a task that has given its namespaces back
 */
export function ipcNamespace(prog: Program, task?: Addr): Addr {
  const first = task === undefined ? prog.findSymbol('init_ipc_ns') : undefined;
  if (first) return first.address;
  const proxy = prog
    .at('task_struct', task ?? prog.symbol('init_task'))
    .get('nsproxy')
    .toBigInt();
  return proxy === 0n ? 0n : prog.at('nsproxy', proxy).get('ipc_ns').toBigInt();
}

/** Shared memory. @param namespace `struct ipc_namespace *` @throws NotFoundError MemoryFault */
export function sharedMemory(prog: Program, namespace: Addr): IpcObjects<SharedMemory> {
  return objects(prog, namespace, IDS.memory, 'shmid_kernel', 'shm_perm', (object, common) => {
    const file = object.get('shm_file').toBigInt();
    const inode = file === 0n ? 0n : prog.at('file', file).get('f_inode').toBigInt();
    return {
      ...common,
      size: object.get('shm_segsz').toNumber(),
      attached: object.get('shm_nattch').toNumber(),
      removed: (common.mode & SHM_DEST) !== 0,
      locked: (common.mode & SHM_LOCKED) !== 0,
      inode,
      ...pages(prog, inode),
    };
  });
}

/** Semaphores. @param namespace `struct ipc_namespace *` @throws NotFoundError MemoryFault */
export function semaphoreArrays(prog: Program, namespace: Addr): IpcObjects<SemaphoreArray> {
  return objects(prog, namespace, IDS.semaphores, 'sem_array', 'sem_perm', (object, common) => ({
    ...common,
    semaphores: object.get('sem_nsems').toNumber(),
  }));
}

/** Message queues. @param namespace `struct ipc_namespace *` @throws NotFoundError MemoryFault */
export function messageQueues(prog: Program, namespace: Addr): IpcObjects<MessageQueue> {
  return objects(prog, namespace, IDS.messages, 'msg_queue', 'q_perm', (object, common) => ({
    ...common,
    bytes: object.get('q_cbytes').toNumber(),
    messages: object.get('q_qnum').toNumber(),
  }));
}

function objects<T>(
  prog: Program,
  namespace: Addr,
  which: number,
  type: string,
  member: string,
  read: (object: Value, common: IpcObject) => T,
): IpcObjects<T> {
  const problems: Problem[] = [];
  const ids = prog.type('ipc_ids').size * which + prog.offset('ipc_namespace', 'ids');
  // xa_head since commit f8d5d0cc145c ("xarray: Add definition of struct xarray", v4.20), rnode before.
  const tree: Bytes = prog.offset('ipc_ids', 'ipcs_idr') + prog.offset('idr', 'idr_rt');
  const { entries, damage } = radixTreeItems(prog, addrAdd(namespace, ids + tree));
  for (const why of damage) problems.push({ what: type, why });
  const perm = prog.offset(type, member);
  const found: T[] = [];
  for (const { value, kind } of entries) {
    if (kind !== 'pointer') continue;
    const one = attempt(problems, type, () => {
      const address = addrAdd(value, -perm);
      const common = prog.at('kern_ipc_perm', value);
      const number = (path: string): number => common.get(path).toNumber();
      const base = {
        address,
        key: number('key') >>> 0,
        id: number('id'),
        uid: number('uid.val'),
        mode: number('mode'),
      };
      return common.get('deleted').toNumber() === 0 ? read(prog.at(type, address), base) : undefined;
    });
    if (one !== undefined) found.push(one);
  }
  return { objects: found, problems };
}

/** As the kernel counts for /proc/sysvipc/shm: of tmpfs and of hugetlbfs, whose pages are counted in huge ones. */
function pages(prog: Program, inode: Addr): Pick<SharedMemory, 'residentPages' | 'swappedPages'> {
  const none = { residentPages: undefined, swappedPages: undefined };
  if (inode === 0n) return none;
  const value = prog.at('inode', inode);
  const mapping = value.get('i_mapping').toBigInt();
  const resident = prog.at('address_space', mapping).get('nrpages').toNumber();
  const kind = value.get('i_sb').get('s_type').get('name').toText(32);
  if (kind === 'hugetlbfs') {
    const info = value.get('i_sb').get('s_fs_info').toBigInt();
    const state = prog.at('hugetlbfs_sb_info', info).get('hstate').toBigInt();
    const order = prog.at('hstate', state).get('order').toNumber();
    return order > 30 ? none : { residentPages: resident * 2 ** order, swappedPages: 0 };
  }
  const info = prog.findMember('shmem_inode_info', 'vfs_inode');
  if (!info) return { residentPages: resident, swappedPages: undefined };
  const shmem = prog.at('shmem_inode_info', addrAdd(inode, -info.offset));
  return { residentPages: resident, swappedPages: shmem.get('swapped').toNumber() };
}
