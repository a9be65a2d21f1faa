import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where elfutils' client keeps what it fetched: debuginfod_find_debuginfo(3), "FILES". */
export function debuginfodCache(env: NodeJS.ProcessEnv = process.env): string {
  if (env.DEBUGINFOD_CACHE_PATH) return env.DEBUGINFOD_CACHE_PATH;
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'debuginfod_client');
}

/** `xx/yyyy.debug` under a folder `.build-id`; undefined for what is no build-id. */
export function buildIdPath(buildId: string): string | undefined {
  return /^[0-9a-f]{4,128}$/.test(buildId) ? join(buildId.slice(0, 2), `${buildId.slice(2)}.debug`) : undefined;
}

/** Whether a release, which comes from a dump, may be part of a path. */
function isPathName(name: string): boolean {
  return /^[\w+~-][\w.+~-]{0,127}$/.test(name);
}

/** Files that distributions put the kernel's debug information into, the surest first. @param root `/` or a test's */
export function kernelPlaces(root: string, release: string | undefined, buildId: string | undefined): string[] {
  const places = buildIdPlaces(root, buildId);
  if (release === undefined || !isPathName(release)) return places;
  const debug = join(root, 'usr/lib/debug');
  for (const name of [`boot/vmlinux-${release}`, `boot/vmlinux-${release}.debug`, `vmlinux-${release}`]) {
    places.push(join(debug, name));
  }
  for (const modules of moduleFolders(root, release)) {
    for (const name of ['vmlinux', 'vmlinux.debug', 'build/vmlinux']) places.push(join(modules, name));
  }
  places.push(join(root, 'boot', `vmlinux-${release}`), join(root, 'usr/src', `linux-${release}`, 'vmlinux'));
  return places;
}

/** Folders with the modules of a kernel, those with debug information first. */
export function moduleFolders(root: string, release: string | undefined): string[] {
  if (release === undefined || !isPathName(release)) return [];
  return ['usr/lib/debug/lib/modules', 'usr/lib/debug/usr/lib/modules', 'lib/modules', 'usr/lib/modules'].map(
    (folder) => join(root, folder, release),
  );
}

/** Files that are named by the build-id. */
export function buildIdPlaces(root: string, buildId: string | undefined): string[] {
  const name = buildId === undefined ? undefined : buildIdPath(buildId);
  return name === undefined ? [] : [join(root, 'usr/lib/debug/.build-id', name)];
}
