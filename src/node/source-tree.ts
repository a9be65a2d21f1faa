import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import type { SourceFinder, SourceText } from '../report/source-text.ts';
import { plainPath } from '../symbolize/source-path.ts';
import { isDirectory } from './debug-folder.ts';

/** Longest file that is read as source. */
const MAX_FILE = 1 << 24;
/** Milliseconds for a call of git. */
const GIT_TIME = 20_000;

/** The kernel that the source is for. */
export interface SourceOf {
  readonly release?: string;
  readonly version?: string;
}

/**
 * Source text from a folder: a plain tree, or a git repository, of which the tag or commit of the kernel's release is
 * read when it has one. Paths of line tables are mapped by their longest end that the tree has.
 * @throws UsageError when it is no folder
 */
export function sourceTree(folder: string, kernel: SourceOf): SourceFinder {
  if (!isDirectory(folder)) throw new UsageError(`--source ${folder}: not a folder`);
  const isBare = existsSync(join(folder, 'HEAD')) && existsSync(join(folder, 'objects'));
  const isGit = isBare || existsSync(join(folder, '.git'));
  const revision = isGit ? gitRevision(folder, kernel) : undefined;
  const shown = revision ?? (isBare ? 'HEAD' : undefined);
  const read = shown === undefined ? treeReader(folder) : gitReader(folder, shown);
  const doubt = doubtOf(read, revision, isGit, kernel);
  const kept = new Map<string, SourceText | undefined>();
  return {
    find(path) {
      if (!kept.has(path)) {
        const found = safeSuffixes(path).length === 0 ? undefined : read(safeSuffixes(path));
        kept.set(path, found && { ...found, ...(doubt !== undefined && { doubt }) });
      }
      return kept.get(path);
    },
  };
}

/** Source where debug packages install it: only below /usr/src, since the paths are the line table's own. */
export function installedSource(root = '/'): SourceFinder {
  return {
    find(path) {
      const plain = plainPath(path);
      if (!/^\/usr\/src\/[^\0]+$/.test(plain)) return undefined;
      return readText(join(root, plain));
    },
  };
}

/** `/build/linux/mm/slub.c`: itself below the tree, then ever shorter ends of it. */
function safeSuffixes(path: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a newline would be a further question to git
  if (/[\u0000-\u001f]/.test(path) || path.length > 4096) return [];
  const parts = plainPath(path)
    .split('/')
    .filter((part) => part !== '' && part !== '..');
  return parts.map((_, i) => parts.slice(i).join('/'));
}

type Reader = (candidates: readonly string[]) => SourceText | undefined;

function treeReader(folder: string): Reader {
  return (candidates) => {
    for (const path of candidates) {
      const text = readText(join(folder, path));
      if (text) return text;
    }
    return undefined;
  };
}

function readText(path: string): SourceText | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size > MAX_FILE) return undefined;
  try {
    return { where: path, lines: linesOf(readFileSync(path, 'utf8')) };
  } catch {
    return undefined; // not readable for this user: as if it were not there
  }
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** All candidates in one question. The answers come in order: `<oid> blob <size>` and the content, or `... missing`. */
function gitReader(folder: string, revision: string): Reader {
  return (candidates) => {
    const asked = candidates.map((path) => `${revision}:${path}\n`).join('');
    const answers = git(folder, ['cat-file', '--batch-check=%(objecttype) %(objectsize)'], asked)?.split('\n') ?? [];
    const at = answers.findIndex((answer) => /^blob \d{1,8}$/.test(answer));
    const path = at < 0 ? undefined : candidates[at];
    if (path === undefined) return undefined;
    const text = git(folder, ['cat-file', 'blob', `${revision}:${path}`]);
    return text === undefined ? undefined : { where: `${revision}:${path}`, lines: linesOf(text) };
  };
}

/** The tag or commit of the kernel's release; undefined when the repository has none of the names that it may have. */
function gitRevision(folder: string, kernel: SourceOf): string | undefined {
  const names = revisionNames(kernel).filter((name) => /^[\w][\w./+-]{0,127}$/.test(name));
  const asked = names.map((name) => `${name}^{commit}\n`).join('');
  const answers = git(folder, ['cat-file', '--batch-check=%(objecttype)'], asked)?.split('\n') ?? [];
  return names[answers.indexOf('commit')];
}

/** Names of tags and commits by which trees know a release; the surest first. */
function revisionNames(kernel: SourceOf): string[] {
  const names: string[] = [];
  const release = kernel.release ?? '';
  const version = kernel.version ?? '';
  const commit = /-g([0-9a-f]{7,40})(?:$|[^0-9a-f])/.exec(release)?.[1]; // CONFIG_LOCALVERSION_AUTO
  if (commit !== undefined) names.push(commit);
  const debian = /\bDebian (\d+\.\d[\w.~+]*-\d[\w.~+]*)/.exec(version)?.[1]; // `Debian 6.1.192-2`
  if (debian !== undefined) names.push(`debian/${debian.replaceAll('~', '_')}`);
  const ubuntu = /#(\d+)(?:~([\d.]+))?-Ubuntu/.exec(version); // `6.8.0-45-generic`, `#45~22.04.1-Ubuntu`
  const base = /^((\d+\.\d+)\.\d+-\d+)-/.exec(release);
  if (ubuntu && base) {
    const [, number = '', backport] = ubuntu;
    if (backport === undefined) names.push(`Ubuntu-${base[1]}.${number}`);
    else names.push(`Ubuntu-hwe-${base[2]}-${base[1]}.${number}_${backport}`);
  }
  const plain = release
    .replace(/\+.*$|\.debug$/, '')
    .replace(/\.(?:x86_64|aarch64|ppc64le|s390x|riscv64|loongarch64)$/, '');
  names.push(`kernel-${plain}`, `rpm-${release.replace(/-[a-z]\w*$/, '')}`, release);
  const arch = /^(\d+\.\d+(?:\.\d+)?-arch\d+)-\d+$/.exec(release)?.[1];
  if (arch !== undefined) names.push(`v${arch}`);
  const euler = /^(\d+\.\d+\.\d+-\d+\.\d+\.\d+)\.\d+\.oe\d/.exec(release)?.[1];
  if (euler !== undefined) names.push(euler);
  for (const upstream of versionsOf(kernel)) names.push(`v${upstream}`);
  return names;
}

/** Upstream versions that the kernel says it is: of a package's own number first, for its release may stand still. */
function versionsOf(kernel: SourceOf): string[] {
  const own = /\b(\d+\.\d+\.\d+)-\d/.exec(kernel.version ?? '')?.[1];
  const release = /^(\d+\.\d+)(\.\d+)?(-rc\d+)?/.exec(kernel.release ?? '');
  const found = own === undefined ? [] : [own];
  if (release) {
    const [, base = '', sub = '', rc = ''] = release;
    found.push(`${base}${sub === '.0' ? '' : sub}${rc}`);
  }
  return found;
}

/** Why the tree may not be the kernel's: its Makefile says another version, or git has no tag of it. */
function doubtOf(read: Reader, revision: string | undefined, isGit: boolean, kernel: SourceOf): string | undefined {
  const wanted = versionsOf(kernel);
  const has = makefileVersion(read(['Makefile'])?.lines ?? []);
  if (has !== undefined && wanted.length > 0 && !wanted.some((v) => v.replace(/-rc\d+$/, '') === has)) {
    return `the tree is of Linux ${has}, the kernel of ${wanted[0]}`;
  }
  if (isGit && revision === undefined && kernel.release !== undefined) {
    return `the repository has no tag of ${kernel.release}; what it has now is shown`;
  }
  return undefined;
}

function makefileVersion(lines: readonly string[]): string | undefined {
  const value = (name: string): string | undefined =>
    lines.slice(0, 20).flatMap((l) => new RegExp(`^${name} = (\\d+)$`).exec(l)?.[1] ?? [])[0];
  const version = value('VERSION');
  if (version === undefined) return undefined;
  const sub = value('SUBLEVEL') ?? '0';
  return `${version}.${value('PATCHLEVEL') ?? '0'}${sub === '0' ? '' : `.${sub}`}`;
}

/** What git prints; undefined when it fails or is not there. */
function git(folder: string, args: readonly string[], input = ''): string | undefined {
  try {
    return execFileSync('git', ['-C', folder, ...args], {
      input,
      encoding: 'utf8',
      timeout: GIT_TIME,
      maxBuffer: MAX_FILE,
      env: { ...process.env, GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}
