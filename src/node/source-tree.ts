import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import type { SourceFinder, SourceText } from '../report/source-text.ts';
import { plainPath } from '../symbolize/source-path.ts';
import { isDirectory } from './debug-folder.ts';
import { kernelRevision, type SourceOf, versionsOf } from './kernel-revision.ts';
import { git, isRepository } from './run-git.ts';

/** Longest file that is read as source. */
const MAX_FILE = 1 << 24;

/**
 * Source text from a folder: a plain tree, or a git repository, of which the tag or commit of the kernel's release is
 * read when it has one. Paths of line tables are mapped by their longest end that the tree has.
 * @throws UsageError when it is no folder
 */
export function sourceTree(folder: string, kernel: SourceOf): SourceFinder {
  if (!isDirectory(folder)) throw new UsageError(`--source ${folder}: not a folder`);
  const kind = isRepository(folder);
  const isGit = kind !== undefined;
  const revision = isGit ? kernelRevision(folder, kernel) : undefined;
  const shown = revision ?? (kind === 'bare' ? 'HEAD' : undefined);
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
