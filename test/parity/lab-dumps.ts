import { existsSync, globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** A dump of the lab with the vmlinux that crash needs. */
export interface LabDump {
  readonly name: string;
  readonly arch: string;
  readonly files: readonly string[];
  readonly vmlinux: string;
  /** Modules with debug information of their own. */
  readonly modules: readonly string[];
  /** Changes when the dump was made anew. */
  readonly recipe: string;
}

export const lab: string =
  process.env.INQUEST_LAB || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'inquest', 'lab');

/** The vmlinux with debug information of every kernel of the lab that has one, by release. */
function debugFiles(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of globSync(join(lab, 'kernels', '*', 'kernel.json'))) {
    const { release } = JSON.parse(readFileSync(file, 'utf8')) as { release: string };
    const base = join(dirname(file), 'debug/usr/lib/debug');
    const path = [`boot/vmlinux-${release}`, `vmlinux-${release}`, `lib/modules/${release}/vmlinux`]
      .map((p) => join(base, p))
      .find((p) => existsSync(p));
    if (path !== undefined) found.set(release, path);
  }
  return found;
}

/** The vmlinux with debug information of a release, where the lab has it. */
export function vmlinuxOf(release: string): string | undefined {
  return debugFiles().get(release);
}

/** A folder outside the lab with `vmcore`, `vmlinux` and perhaps `meta.json`. */
function folderDump(dir: string): LabDump {
  const file = join(dir, 'meta.json');
  const meta = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { arch?: string }) : {};
  const files = [join(dir, 'vmcore')];
  return {
    name: dir.replace(/^.*?([^/]+\/[^/]+)\/*$/, '$1').replace('/', '-'),
    arch: meta.arch ?? 'amd64',
    files,
    vmlinux: join(dir, 'vmlinux'),
    modules: [],
    recipe: dir,
  };
}

/** Dumps whose names match one of the globs, and the names of those that have no vmlinux. */
export function labDumps(globs: readonly string[]): { dumps: LabDump[]; without: string[] } {
  const debug = debugFiles();
  const dumps: LabDump[] = globs.filter((g) => g.includes('/')).map(folderDump);
  const without: string[] = [];
  const metas = new Set(
    globs.filter((g) => !g.includes('/')).flatMap((g) => globSync(join(lab, 'dumps', g, 'meta.json'))),
  );
  for (const file of [...metas].sort()) {
    const meta = JSON.parse(readFileSync(file, 'utf8')) as {
      arch: string;
      release: string;
      files: string[];
      recipe: string;
      vmlinux?: string;
      module?: string;
    };
    const name = basename(dirname(file));
    const vmlinux = debug.get(meta.release) ?? meta.vmlinux;
    if (vmlinux === undefined || !existsSync(vmlinux)) without.push(name);
    else {
      const files = meta.files.map((f) => join(dirname(file), f));
      const modules = meta.module === undefined ? [] : [join(dirname(file), meta.module)];
      dumps.push({ name, arch: meta.arch, files, vmlinux, modules, recipe: meta.recipe });
    }
  }
  return { dumps, without };
}
