import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Arch, MACHINES } from './machines.ts';
import { place } from './places.ts';
import { run, shell, step } from './run.ts';

/** Suites that have no -security and -updates companions. */
const ROLLING = new Set(['sid', 'forky', 'testing', 'unstable']);
/** Suites that hold a few packages, and the one that has the rest. */
const ON_TOP_OF: Readonly<Record<string, string>> = {
  experimental: 'sid',
  'trixie-backports': 'trixie',
  'bookworm-backports': 'bookworm',
};
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const DAY = 86_400_000;

/** One suite of one architecture with lists of its own, apart from what the machine itself uses. */
export interface AptState {
  readonly suite: string;
  readonly arch: Arch;
  readonly dir: string;
  /** Name of a configuration file for `apt-get -c`. */
  readonly conf: string;
}

let mirrors: Promise<{ main: string; security: string }> | undefined;

/** The Debian mirrors of this machine's own apt configuration (sources.list or deb822, whatever apt itself reads). */
export function machineMirrors(): Promise<{ main: string; security: string }> {
  mirrors ??= run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(RELEASE)', 'Created-By: Packages']).then(
    (text) => {
      const targets = text.split('\n').flatMap((line) => {
        const [uri, release] = line.trim().split(' ');
        return uri && release ? [{ uri, release }] : [];
      });
      const debian = targets.filter((t) => /\/debian(-security)?\/$/.test(t.uri));
      const main = debian.find((t) => t.uri.endsWith('/debian/'))?.uri;
      if (main === undefined)
        throw new Error('the machine’s apt configuration names no mirror whose path ends in /debian');
      const security =
        debian.find((t) => t.release.endsWith('-security'))?.uri ?? main.replace(/debian\/$/, 'debian-security/');
      return { main, security };
    },
  );
  return mirrors;
}

/**
 * apt's configuration of a private state. It is read after the machine's own (so its proxy is used, and its word on how
 * old a list may be) and insists on what the machine might have switched off: a signature by the Debian archive's keys.
 */
function configuration(dir: string, arch: string): string {
  return [
    `APT::Architecture "${arch}";`,
    `APT::Architectures { "${arch}"; };`,
    `Dir::Etc::sourcelist "${dir}/sources.list";`,
    'Dir::Etc::sourceparts "/dev/null";',
    'Dir::Etc::preferencesparts "/dev/null";',
    'Dir::Etc::trusted "/dev/null";',
    'Dir::Etc::trustedparts "/dev/null";',
    `Dir::State "${dir}";`,
    `Dir::State::status "${dir}/status";`,
    `Dir::Cache "${dir}";`,
    'APT::Get::AllowUnauthenticated "false";',
    'Acquire::AllowInsecureRepositories "false";',
    'Acquire::AllowWeakRepositories "false";',
    'Acquire::AllowDowngradeToInsecureRepositories "false";',
    'Acquire::Languages "none";',
    'Acquire::Retries "3";',
    'APT::Update::Error-Mode "any";',
    'APT::Sandbox::User "root";',
    '',
  ].join('\n');
}

/** Writes a private state for `sources` (lines of a sources.list) and fetches its lists, verified against `keyring`. */
export async function openAptState(
  name: string,
  arch: Arch,
  sources: readonly string[],
  keyring = KEYRING,
  kind: 'deb' | 'deb-src' = 'deb',
): Promise<string> {
  const dir = place('apt', name);
  const conf = join(dir, 'apt.conf');
  for (const sub of ['lists/partial', 'archives/partial']) mkdirSync(join(dir, sub), { recursive: true });
  if (!existsSync(join(dir, 'status'))) writeFileSync(join(dir, 'status'), '');
  writeFileSync(join(dir, 'sources.list'), sources.map((s) => `${kind} [signed-by=${keyring}] ${s}\n`).join(''));
  writeFileSync(conf, configuration(dir, arch));
  await run('apt-get', ['-c', conf, 'update', '-q']);
  return conf;
}

const states = new Map<string, Promise<AptState>>();

/** The private apt state of a suite and architecture; its lists are fetched at most once a day. */
export function aptState(suite: string, arch: Arch): Promise<AptState> {
  const name = `${suite}-${arch}`;
  let state = states.get(name);
  if (state === undefined) {
    state = makeState(name, suite, arch);
    states.set(name, state);
  }
  return state;
}

async function makeState(name: string, suite: string, arch: Arch): Promise<AptState> {
  const dir = place('apt', name);
  const stamp = join(dir, 'updated');
  const state = { suite, arch, dir, conf: join(dir, 'apt.conf') };
  if (existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < DAY) return state;
  await step(`package lists ${name}`, async () => {
    const { main, security } = await machineMirrors();
    const whole = ON_TOP_OF[suite] ?? suite;
    const sources = [...new Set([suite, whole])].map((s) => `${main} ${s} main`);
    if (!ROLLING.has(whole) && MACHINES[arch].security) sources.push(`${security} ${whole}-security main`);
    await openAptState(name, arch, sources);
    writeFileSync(stamp, '');
  });
  return state;
}

/** Names of the packages that match the extended regular expression. */
export async function searchNames(state: AptState, regex: string): Promise<string[]> {
  const text = await run('apt-cache', ['-c', state.conf, 'search', '--names-only', regex]);
  return text.split('\n').flatMap((line) => line.split(' ')[0] || []);
}

/** What a package depends on directly, alternatives included. */
export async function dependsOf(state: AptState, name: string): Promise<string[]> {
  const text = await run('apt-cache', ['-c', state.conf, 'depends', name]);
  return [...text.matchAll(/^ *\|?(?:Pre)?Depends: <?([^\s>]+)/gm)].flatMap((m) => m[1] ?? []);
}

export async function hasPackage(state: AptState, name: string): Promise<boolean> {
  return run('apt-cache', ['-c', state.conf, 'show', name]).then(
    (text) => text.includes('Package:'),
    () => false,
  );
}

export interface DebFile {
  readonly name: string;
  readonly version: string;
  readonly path: string;
}

/** Name and version out of a file name as apt writes it (`name_version_arch.deb`, a colon as %3a). */
export function parseDebName(file: string): { name: string; version: string } | undefined {
  const m = /^([^_]+)_([^_]+)_[^_]+\.deb$/.exec(file.slice(file.lastIndexOf('/') + 1));
  return m ? { name: m[1] ?? '', version: decodeURIComponent(m[2] ?? '') } : undefined;
}

/** Downloads packages (`name` or `name=version`) without their dependencies into an empty folder and returns the files. */
export async function download(state: AptState, packages: readonly string[]): Promise<DebFile[]> {
  const dir = join(place('debs'), `${state.suite}-${state.arch}-${process.pid}`);
  await shell('rm -rf "$1"; mkdir -p "$1"', dir);
  await run('apt-get', ['-c', state.conf, 'download', '-q', ...packages], { cwd: dir });
  return readdirSync(dir).flatMap((file) => {
    const parsed = parseDebName(file);
    return parsed ? [{ ...parsed, path: join(dir, file) }] : [];
  });
}

/** Unpacks package files into `root` and deletes them; `only`: tar patterns of what is wanted. */
export async function unpack(files: readonly DebFile[], root: string, only: readonly string[] = []): Promise<void> {
  for (const file of files) {
    await shell(
      'f=$1; r=$2; shift 2; mkdir -p "$r"; dpkg-deb --fsys-tarfile "$f" | tar -x -C "$r" --keep-directory-symlink "$@"; rm "$f"',
      file.path,
      root,
      ...(only.length > 0 ? ['--wildcards', ...only] : []),
    );
  }
}

/** Installs the missing ones of these packages on the machine itself. */
export async function installOnMachine(packages: readonly string[]): Promise<void> {
  const script = 'for p; do dpkg -s "$p" 2> /dev/null | grep -q "^Status: .* installed$" || echo "$p"; done';
  const missing = (await shell(script, ...packages)).split('\n').filter((p) => p !== '');
  if (missing.length === 0) return;
  await step(
    'machine packages',
    async () => {
      await run('apt-get', ['update', '-q']);
      await run('apt-get', ['install', '-y', '--no-install-recommends', ...missing]);
    },
    () => missing.join(' '),
  );
}
