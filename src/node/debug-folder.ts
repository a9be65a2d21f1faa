import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MAX_DEPTH = 16;
/** Entries of a tree that are looked at; all modules of a kernel are some thousands. */
const MAX_ENTRIES = 500_000;

/** The files of a tree that may hold debug information, by what they may be of; listed on the first question. */
export class DebugFolder {
  readonly path: string;
  #kernels: string[] | undefined;
  #modules = new Map<string, string[]>();

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
    const module = /^(.+?)\.ko(?:\.debug)?$/.exec(name)?.[1];
    if (module !== undefined) {
      const key = moduleKey(module);
      const list = this.#modules.get(key);
      if (!list) this.#modules.set(key, [path]);
      // What the debug package brings goes before what the kernel's own package has.
      else if (name.endsWith('.debug')) list.unshift(path);
      else list.push(path);
    } else if (/^vmlinux(?:$|[-.])/.test(name) || /^[0-9a-f]+\.debug$/.test(name)) kernels.push(path);
  }
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
