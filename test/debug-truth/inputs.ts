import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
/** As lab/places.ts. */
export const labDir: string = process.env.INQUEST_LAB || join(base, 'inquest', 'lab');

/** How everything that is compared gets onto a machine. */
export const HOW_TO = `npm run lab -- all makes dumps, npm run lab -- debug-truth fetches debug information of two kernels with that
of their modules, and the peers (${labDir}; INQUEST_LAB names another folder). Or name files: vmlinux, *.ko, dumps.`;

/** A dump with the debug information of its kernel. */
export interface DumpInput {
  readonly name: string;
  readonly files: readonly string[];
  readonly vmlinux: string;
  /** Module files beside the dump. */
  readonly modules: readonly string[];
  readonly release: string;
  readonly machine: string;
}

/** What is compared. */
export interface Inputs {
  readonly kernels: readonly string[];
  /** Modules by the kernel they belong to. */
  readonly modules: readonly string[];
  readonly dumps: readonly DumpInput[];
}

interface Meta {
  readonly release?: string;
  readonly arch?: string;
  readonly files?: readonly string[];
  readonly vmlinux?: string;
}

/** @param named files and folders; without any, everything of the lab */
export function findInputs(named: readonly string[]): Inputs {
  if (named.length === 0) return labInputs();
  const kernels: string[] = [];
  const modules: string[] = [];
  const dumps: DumpInput[] = [];
  for (const path of named.flatMap((p) => (existsSync(p) && statSync(p).isDirectory() ? contents(p) : [p]))) {
    if (/\.ko(?:\.debug)?$/.test(path)) modules.push(path);
    else if (/^vmlinux/.test(basename(path))) kernels.push(path);
    else dumps.push(...dumpOf(dirname(path)));
  }
  return { kernels, modules, dumps };
}

/** A folder of a dump, or one with modules. */
function contents(dir: string): string[] {
  if (existsSync(join(dir, 'meta.json'))) return [join(dir, 'vmcore')];
  return globSync(join(dir, '**/*.ko{,.debug}'));
}

function labInputs(): Inputs {
  const all = globSync(join(labDir, 'kernels/*/debug')).sort();
  // Those that `npm run lab -- debug-truth` fetched; without it, whatever kernel there is.
  const whole = all.filter((dir) => globSync(join(dir, 'usr/lib/debug/lib/modules/*/kernel')).length > 0);
  const debug = whole.length > 0 ? whole : all;
  const kernels = debug
    .flatMap((dir) => globSync(join(dir, 'usr/lib/debug/{boot/vmlinux-*,lib/modules/*/vmlinux}')))
    .filter((path) => statSync(path).isFile());
  const modules = debug.flatMap((dir) => globSync(join(dir, 'usr/lib/debug/lib/modules/*/kernel/**/*.ko')));
  const dumps = existsSync(join(labDir, 'dumps')) ? readdirSync(join(labDir, 'dumps')).sort() : [];
  return {
    kernels: onePerFile(kernels),
    modules: modules.sort(),
    dumps: dumps.flatMap((name) => dumpOf(join(labDir, 'dumps', name))),
  };
}

/** The same file may stand at two places, as a link. */
function onePerFile(paths: readonly string[]): string[] {
  const seen = new Set<string>();
  return paths.filter((path) => {
    const { dev, ino } = statSync(path);
    const key = `${dev} ${ino}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** A folder with `meta.json` as the lab writes it; `vmlinux` may also lie beside the dump. */
function dumpOf(dir: string): DumpInput[] {
  const at = join(dir, 'meta.json');
  if (!existsSync(at)) return [];
  const meta = JSON.parse(readFileSync(at, 'utf8')) as Meta;
  const vmlinux = [meta.vmlinux ?? '', join(dir, 'vmlinux')].find((path) => path !== '' && existsSync(path));
  if (vmlinux === undefined) return [];
  const files = (meta.files ?? ['vmcore']).map((f) => join(dir, f)).filter((f) => existsSync(f));
  if (files.length === 0) return [];
  return [
    {
      name: basename(dir),
      files,
      vmlinux,
      modules: readdirSync(dir)
        .filter((f) => f.endsWith('.ko'))
        .map((f) => join(dir, f)),
      release: meta.release ?? '',
      machine: meta.arch === 'arm64' ? 'aarch64' : 'x86_64',
    },
  ];
}
