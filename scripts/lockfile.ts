import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * Completes package-lock.json: a registry that lacks the packages of some platforms makes npm leave them out, and `npm ci`
 * then refuses the file, on every machine. They are optional and of one platform, so their names say all that is needed.
 * With `--check` it only says what is wrong.
 */
export interface LockedPackage {
  version: string;
  resolved?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

export interface Lockfile {
  packages: Record<string, LockedPackage>;
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPUS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** What one platform's package asks for, from a name like `@biomejs/cli-linux-arm64-musl`; undefined when it names no platform. */
export function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> | undefined {
  const parts = name.slice(name.indexOf('/') + 1).split('-');
  const os = SYSTEMS.find((system) => parts.includes(system));
  const cpu = CPUS.find((family) => parts.includes(family));
  if (cpu === 'wasm32') return { cpu: [cpu] };
  if (os === undefined || cpu === undefined) return undefined;
  const libc = parts.some((part) => part.startsWith('musl'))
    ? 'musl'
    : parts.some((part) => part.startsWith('gnu'))
      ? 'glibc'
      : '';
  return { os: [os], cpu: [cpu], ...(libc && { libc: [libc] }) };
}

/** Adds what is missing; returns one line for each addition and for each address of a registry, which has no place here. */
export function completeLockfile(lock: Lockfile): string[] {
  const found: string[] = [];
  for (const [path, parent] of Object.entries(lock.packages)) {
    if (parent.resolved !== undefined) found.push(`${path}: 'resolved' names a registry`);
    delete parent.resolved;
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const platform = platformOf(name);
      const entry = `node_modules/${name}`;
      if (!platform || entry in lock.packages || `${path}/${entry}` in lock.packages) continue;
      if (!/^\d+\.\d+\.\d+[-.\w]*$/.test(version)) continue;
      found.push(`${entry}@${version}: missing`);
      lock.packages[entry] = { version, ...(parent.dev && { dev: true }), optional: true, ...platform };
    }
  }
  const [root, ...others] = Object.entries(lock.packages);
  if (root) lock.packages = Object.fromEntries([root, ...others.sort(([a], [b]) => (a < b ? -1 : 1))]);
  return found;
}

if (import.meta.main) {
  const path = resolve(import.meta.dirname, '../package-lock.json');
  const lock = JSON.parse(readFileSync(path, 'utf8')) as Lockfile;
  const found = completeLockfile(lock);
  for (const line of found) console.log(line);
  if (!process.argv.includes('--check')) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  else if (found.length > 0) process.exitCode = 1;
}
