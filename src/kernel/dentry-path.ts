import { CorruptError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import { cString } from '../base/text.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';

/** NAME_MAX; the kernel's own limit for a name in a path. */
const MAX_NAME = 255;
/** PATH_MAX / 2: each level takes a slash and a character. */
const MAX_DEPTH = 2048;

/** The names from a dentry up to where they end. */
export interface DentryPath {
  /** `/` and a name for each level, '' for none. */
  readonly path: string;
  /** The dentry at which it ended: one of those to stop at, or the root of the filesystem. */
  readonly end: Addr;
}

/** Reader of directory entries. */
export interface Dentries {
  /**
   * The path of a dentry below another one.
   * @param stop the dentry at which to stop, for example the root of the mount @param other a further one
   * @throws CorruptError MemoryFault
   */
  pathBelow(dentry: Addr, stop: Addr, other?: Addr): DentryPath;
  /** The name in the dentry itself. @throws CorruptError MemoryFault */
  nameOf(dentry: Addr): string;
}

/** @throws NotFoundError when the types are unknown */
export const dentries = perOwner((prog: Program): Dentries => {
  const parent = prog.offset('dentry', 'd_parent');
  const name = prog.offset('dentry', 'd_name');
  const length = name + prog.offset('qstr', 'len');
  const text = name + prog.offset('qstr', 'name');
  // commit 58cf9c383c5c ("dcache: back inline names with a struct-wrapped array of unsigned long", v6.15)
  const short = prog.offset('dentry', 'd_shortname', 'd_iname');
  const raw = new KernelStruct(prog, Math.max(text + 8, short + 40));
  const nameOf = (dentry: Addr): string => {
    const size = raw.u32(length);
    if (size > MAX_NAME) throw new CorruptError(dentry, `dentry: name of ${size} bytes exceeds ${MAX_NAME}`);
    const at = raw.pointer(text);
    const inside = Number(BigInt.asUintN(64, at - dentry));
    if (inside + size <= raw.bytes.length && inside >= short) return cString(raw.bytes, inside, inside + size);
    return cString(prog.memory.bytes(at, size as Bytes));
  };
  return {
    nameOf(dentry) {
      prog.memory.read(dentry, raw.bytes);
      return nameOf(dentry);
    },
    pathBelow(dentry, stop, other) {
      let path = '';
      let at = dentry;
      for (let depth = 0; at !== stop && at !== other; depth++) {
        if (!isKernelPointer(prog, at)) throw new CorruptError(at, 'dentry: no kernel pointer');
        if (depth >= MAX_DEPTH) throw new CorruptError(dentry, `dentry: more than ${MAX_DEPTH} levels`);
        prog.memory.read(at, raw.bytes);
        const up = raw.pointer(parent);
        if (up === at) break; // the root of a filesystem that is bound elsewhere
        path = `/${nameOf(at)}${path}`;
        at = up;
      }
      return { path, end: at };
    },
  };
});
