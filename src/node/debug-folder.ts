import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PACKED_NAME } from './packed-file.ts';

const MODULE = new RegExp(`^(.+?)\\.ko(?:\\.debug)?${PACKED_NAME}$`);
const BUILD_ID = /^[0-9a-f]+\.debug$/;
const KERNEL = /^vmlinux(?:$|[-.])/;
const MAX_DEPTH = 16;
/** Entries of a tree that are looked at; all modules of a kernel are some thousands. */
const MAX_ENTRIES = 500_000;

/** The files of a tree that may hold debug information, by what they may be of; listed on the first question. */
export class DebugFolder {
  readonly path: string;
  #kernels: string[] | undefined;
  #modules = new Map<string, string[]>();
  readonly #splits = new Map<string, string[]>();

  constructor(path: string) {
    this.path = path;
  }

  /** Files called `vmlinux`, `vmlinux-*`, or `*.debug` at the top. */
  kernels(): readonly string[] {
    return this.#list();
  }

  /** Files of the module of this name, whatever it has of `-` and `_`. */
  modulesNamed(name: string): readonly string[] {
    this.#list();
    return this.#modules.get(moduleKey(name)) ?? [];
  }

  /** The `.dwo` or `.dwp` whose path has most of the end of `path` in common; undefined when none has its name. */
  split(path: string): string | undefined {
    this.#list();
    const wanted = path.split('/').reverse();
    let best: string | undefined;
    let most = 0;
    for (const candidate of this.#splits.get(wanted[0] as string) ?? []) {
      const parts = candidate.split('/').reverse();
      let same = 1;
      while (same < wanted.length && wanted[same] === parts[same]) same++;
      if (same <= most) continue;
      most = same;
      best = candidate;
    }
    return best;
  }

  #list(): string[] {
    if (this.#kernels) return this.#kernels;
    const kernels: string[] = [];
    this.#kernels = kernels;
    const pending: { path: string; depth: number }[] = [{ path: this.path, depth: 0 }];
    let seen = 0;
    for (let at = pending.pop(); at; at = pending.pop()) {
      for (const entry of entriesOf(at.path)) {
        if (++seen > MAX_ENTRIES) return kernels;
        const path = join(at.path, entry.name);
        if (entry.isDirectory()) {
          // A module tree leads back into the sources it was built from.
          if (at.depth < MAX_DEPTH && entry.name !== '.git' && entry.name !== 'source') {
            pending.push({ path, depth: at.depth + 1 });
          }
        } else this.#add(entry.name, path, kernels);
      }
    }
    return kernels;
  }

  #add(name: string, path: string, kernels: string[]): void {
    const module = MODULE.exec(name)?.[1];
    if (module !== undefined) {
      const key = moduleKey(module);
      const list = this.#modules.get(key);
      if (!list) this.#modules.set(key, [path]);
      // What the debug package brings goes before what the kernel's own package has.
      else if (name.includes('.ko.debug')) list.unshift(path);
      else list.push(path);
    } else if (name.endsWith('.dwo') || name.endsWith('.dwp')) {
      const same = this.#splits.get(name);
      if (same) same.push(path);
      else this.#splits.set(name, [path]);
    } else if (KERNEL.test(name) || BUILD_ID.test(name)) kernels.push(path);
  }
}

/** What a file of a module is called after: its name without folder and endings. */
export function moduleFileKey(file: string): string {
  return moduleKey(MODULE.exec(file)?.[1] ?? file);
}

/** Module names in one spelling: the kernel has `_` where a file may have `-`. */
export function moduleKey(name: string): string {
  return name.replaceAll('-', '_');
}

function entriesOf(path: string): import('node:fs').Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return []; // what cannot be listed has nothing for us
  }
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
