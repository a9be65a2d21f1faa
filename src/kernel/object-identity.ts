import { AnalysisError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { filePaths } from './fs-path.ts';
import { inodes } from './inode.ts';
import { inodePath, superblockPlace } from './inode-place.ts';
import { findStruct } from './module-struct.ts';

/** What an object says of itself. */
export interface ObjectIdentity {
  /** C type of what tells it: `inode` also where it lies in an `ext4_inode_info`. */
  readonly type: string;
  /** Where that begins. */
  readonly address: Addr;
  /** Path of it in the outer type; '' when it is the object itself. */
  readonly inside: string;
  /** In few words, the same in every language: `inode 13, REG, ext4 on vda, /mnt/victim`. */
  readonly words: string;
  /** Members of the outer type that tell its state, as paths: reference counts, flags, owners. */
  readonly members: readonly string[];
}

/** A kind of object: where it lies in others, its telling members, and how it names itself. */
interface Kind {
  readonly type: string;
  /** Paths at which outer types hold it. */
  readonly inside?: readonly string[];
  /** The newest name that a kernel has is taken of each. */
  readonly members: readonly (readonly string[])[];
  words?(prog: Program, at: Addr): string;
}

const KINDS: readonly Kind[] = [
  {
    type: 'inode',
    inside: ['vfs_inode', 'netfs.inode', 'i_vnode'],
    members: [['i_ino'], ['i_sb'], ['i_count.counter'], ['i_nlink'], ['i_state']],
    words: inodeWords,
  },
  {
    type: 'dentry',
    members: [['d_inode'], ['d_parent'], ['d_lockref.count'], ['d_flags']],
    words: (prog, at) => filePaths(prog).ofDentry(at).path,
  },
  {
    type: 'file',
    // file.f_ref since commit 90ee6ed776c0 ("fs: port files to file_ref", v6.13)
    members: [['f_inode'], ['f_ref.refcnt.counter', 'f_count.counter'], ['f_flags'], ['f_mode']],
    words: fileWords,
  },
  {
    type: 'task_struct',
    members: [['pid'], ['comm'], ['__state', 'state'], ['usage.refs.counter', 'usage.counter']],
    words: (prog, at) => {
      const task = prog.at('task_struct', at);
      return `pid ${task.get('pid').toNumber()}, ${task.get('comm').toText()}`;
    },
  },
  {
    type: 'kmem_cache',
    members: [['object_size'], ['refcount']],
    words: (prog, at) => prog.memory.cString(prog.memory.ulong(addrAdd(at, prog.offset('kmem_cache', 'name'))), 128),
  },
  { type: 'mm_struct', members: [['mm_users.counter'], ['mm_count.counter'], ['owner']] },
  {
    type: 'sock',
    inside: ['inet_conn.icsk_inet.sk', 'inet.sk', 'sk', 'tcp.inet_conn.icsk_inet.sk', 'udp.inet.sk'],
    members: [['__sk_common.skc_refcnt.refs.counter'], ['__sk_common.skc_state'], ['sk_socket']],
  },
  { type: 'sk_buff', members: [['users.refs.counter'], ['len'], ['dev'], ['head']] },
  {
    type: 'bio',
    members: [['bi_bdev', 'bi_disk'], ['bi_iter.bi_sector'], ['bi_opf'], ['__bi_cnt.counter']],
  },
  { type: 'buffer_head', members: [['b_blocknr'], ['b_bdev'], ['b_count.counter'], ['b_state']] },
  { type: 'vm_area_struct', members: [['vm_start'], ['vm_end'], ['vm_mm'], ['vm_file']] },
];

/** Members that count references, of types that are in no table. */
const COUNTS = ['refcount.refs.counter', 'refcnt.refs.counter', 'kref.refcount.refs.counter', 'ref.refs.counter'];

/** What an object of a type says of itself, as far as memory still tells: a freed object keeps most of it. */
export function objectIdentity(prog: Program, type: string, object: Addr): ObjectIdentity | undefined {
  const outer = findStruct(prog, type);
  if (!outer) return undefined;
  for (const kind of KINDS) {
    for (const inside of kind.type === type ? [''] : (kind.inside ?? [])) {
      const place = inside === '' ? 0 : outer.findMember(inside)?.offset;
      if (place === undefined || (inside !== '' && outer.findMember(inside)?.type.resolve().name !== kind.type))
        continue;
      const address = addrAdd(object, place);
      const words = attempt(() => kind.words?.(prog, address)) ?? '';
      return { type: kind.type, address, inside, words, members: known(outer, inside, kind.members) };
    }
  }
  const members = known(outer, '', [COUNTS]);
  return { type, address: object, inside: '', words: '', members };
}

function known(type: CType, inside: string, members: Kind['members']): string[] {
  const prefix = inside === '' ? '' : `${inside}.`;
  return members.flatMap((names) => {
    const found = names.map((name) => prefix + name).find((path) => type.findMember(path) !== undefined);
    return found === undefined ? [] : [found];
  });
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e; // what is damaged says nothing of itself
    return undefined;
  }
}

/** Number, kind, file system and device of an inode, and a path that leads to it. */
function inodeWords(prog: Program, at: Addr): string {
  const { number, kind, superblock } = inodes(prog)(at);
  const parts = [`inode ${number}`];
  if (kind !== 'UNKN') parts.push(kind);
  const where = attempt(() => superblockWords(prog, superblock));
  if (where) parts.push(where);
  const path = attempt(() => inodePath(prog, at));
  if (path) parts.push(path);
  return parts.join(', ');
}

/** `ext4 on vda`. @param at `struct super_block *` */
function superblockWords(prog: Program, at: Addr): string {
  const place = superblockPlace(prog, at);
  return place ? `${place.type} on ${place.device}` : '';
}

function fileWords(prog: Program, at: Addr): string {
  const path = addrAdd(at, prog.offset('file', 'f_path'));
  const mount = prog.memory.ulong(addrAdd(path, prog.offset('path', 'mnt')));
  const dentry = prog.memory.ulong(addrAdd(path, prog.offset('path', 'dentry')));
  return filePaths(prog).of(mount, dentry).path;
}
