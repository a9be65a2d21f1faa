import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { openFile, openFiles } from './files.ts';
import { taskDirectories } from './fs-struct.ts';
import { mounts } from './mount.ts';
import { attempt } from './note-problem.ts';
import { type TaskRecord, taskTable } from './task.ts';
import { vmas } from './vma.ts';

/** How a task uses a file. */
export type FileUse = 'root' | 'cwd' | 'fd' | 'mmap';

/** A task that uses a file. */
export interface FileUser {
  readonly task: TaskRecord;
  readonly uses: readonly FileUse[];
}

/** The tasks that use a file. */
export interface FileUsers {
  readonly users: readonly FileUser[];
  /** The file is a mounted filesystem, and these use files in it. */
  readonly filesystem: boolean;
  readonly problems: readonly Problem[];
}

/** What a file is recognised by. */
interface Place {
  readonly path: string;
  readonly inode: Addr;
  readonly vfsmount: Addr;
}

/**
 * Tasks that use a file as root, current directory, open file or mapping. For a directory on which a filesystem is
 * mounted (but for `/`) and that nobody uses itself, those that use any file of that filesystem.
 * @param wanted its path, or the address of its `struct inode`
 */
export function fileUsers(prog: Program, wanted: string | Addr): FileUsers {
  const problems: Problem[] = [];
  const search = new Search(prog, problems);
  const exact = (place: Place): boolean =>
    typeof wanted === 'bigint' ? place.inode === wanted : place.path === wanted;
  const users = search.users(exact);
  if (users.length > 0 || typeof wanted === 'bigint' || wanted === '/') return { users, filesystem: false, problems };
  const mounted = new Set(
    mounts(prog)
      .mounts.filter((m) => m.path === wanted)
      .map((m) => m.vfsmount),
  );
  if (mounted.size === 0) return { users, filesystem: false, problems };
  return { users: search.users((place) => mounted.has(place.vfsmount)), filesystem: true, problems };
}

class Search {
  readonly #prog: Program;
  readonly #problems: Problem[];
  /** Threads share what their process has. */
  readonly #mapped = new Map<Addr, readonly Place[]>();

  constructor(prog: Program, problems: Problem[]) {
    this.#prog = prog;
    this.#problems = problems;
  }

  users(isIt: (place: Place) => boolean): FileUser[] {
    const found: FileUser[] = [];
    for (const task of taskTable(this.#prog).tasks) {
      const uses = this.#uses(task, isIt);
      if (uses.length > 0) found.push({ task, uses });
    }
    return found;
  }

  #uses(task: TaskRecord, isIt: (place: Place) => boolean): FileUse[] {
    const uses: FileUse[] = [];
    const dirs = attempt(this.#problems, `directories of task ${task.pid}`, () =>
      taskDirectories(this.#prog, task.address),
    );
    if (dirs && isIt(dirs.root)) uses.push('root');
    if (dirs && isIt(dirs.cwd)) uses.push('cwd');
    const open = attempt(this.#problems, `files of task ${task.pid}`, () => openFiles(this.#prog, task.address));
    const inode = (f: { inode: { address: Addr } | undefined }): Addr => f.inode?.address ?? 0n;
    if (open?.files.some((f) => isIt({ path: f.path, vfsmount: f.vfsmount, inode: inode(f) }))) uses.push('fd');
    if (task.mm !== 0n && !task.kernelThread && this.#mappings(task.mm).some(isIt)) uses.push('mmap');
    return uses;
  }

  #mappings(mm: Addr): readonly Place[] {
    let places = this.#mapped.get(mm);
    if (!places) {
      const files = new Set(vmas(this.#prog, mm).vmas.map((v) => v.file));
      files.delete(0n);
      places = [...files].flatMap((file) => {
        const f = attempt(this.#problems, 'mapped file', () => openFile(this.#prog, file));
        return f ? [{ path: f.path, vfsmount: f.vfsmount, inode: f.inode?.address ?? 0n }] : [];
      });
      this.#mapped.set(mm, places);
    }
    return places;
  }
}
