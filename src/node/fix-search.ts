import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '../base/errors.ts';
import type { Phrase } from '../base/phrase.ts';
import { type BlamedFunction, blamedFunctions } from '../diagnosis/fixes/blamed-functions.ts';
import {
  definedFunction,
  fixedCommits,
  GIT_FORMAT,
  type GitCommit,
  parseGitLog,
  upstreamCommit,
} from '../diagnosis/fixes/git-log.ts';
import { type CommitFacts, rankFixes } from '../diagnosis/fixes/rank-fixes.ts';
import type { CrashReport } from '../report/crash-report.ts';
import type { FixCandidate, FixesData } from '../report/fixes-data.ts';
import { isDirectory } from './debug-folder.ts';
import { kernelRevision } from './kernel-revision.ts';
import { git, isRepository } from './run-git.ts';

/** Most that a log of changes may hold, and how long git may take for it. */
const LIMITS = { maxOutput: 1 << 28, milliseconds: 300_000 };
const MOST_FIXES = 25;
const MOST_FILES = 10;
/** Functions whose names are searched for in messages: more would find what merely happens to stand in a trace. */
const MOST_NAMES = 5;
/** With C's own rule a hunk is named after its function, not after the last label. */
const ATTRIBUTES = '*.c diff=cpp\n*.h diff=cpp\n*.rs diff=rust\n';

/**
 * Commits of a Linux repository, newer than the kernel of a dump, that may mend its death. Nothing is fetched or changed.
 * @throws UsageError when the folder is no repository or the report blames no function
 */
export function searchFixes(report: CrashReport, folder: string): FixesData {
  if (!isDirectory(folder) || isRepository(folder) === undefined) {
    throw new UsageError(`--git ${folder}: not a git repository`);
  }
  if (git(folder, ['--version']) === undefined) throw new UsageError('fixes asks the program git, which is not there');
  const blamed = blamedFunctions(report);
  if (blamed.length === 0) throw new UsageError('the report names no function that could have been mended');
  const scratch = mkdtempSync(join(tmpdir(), 'inquest-fixes-'));
  try {
    const attributes = join(scratch, 'attributes');
    writeFileSync(attributes, ATTRIBUTES);
    return new FixSearch(folder, report, blamed, attributes).run();
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

class FixSearch {
  readonly #folder: string;
  readonly #report: CrashReport;
  readonly #blamed: readonly BlamedFunction[];
  readonly #attributes: string;
  readonly #doubts: Phrase[] = [];
  /** Commits whose parents are not there: all that they hold looks new. */
  readonly #cut = new Set<string>();
  #unanswered = false;

  constructor(folder: string, report: CrashReport, blamed: readonly BlamedFunction[], attributes: string) {
    this.#folder = folder;
    this.#report = report;
    this.#blamed = blamed;
    this.#attributes = attributes;
  }

  run(): FixesData {
    const head = this.#line(['rev-parse', '--verify', 'HEAD^{commit}']);
    if (head === undefined) throw new UsageError(`--git ${this.#folder}: it has no commit`);
    const base = this.#base();
    this.#doubtClone();
    const files = this.#definitions(base ?? head);
    const range = base === undefined ? [head] : [`${base}..${head}`];
    const commits = this.#candidates(range, [...new Set(files.values())]);
    const present = this.#present(base, head);
    const news = commits.filter((c) => !present.has(c.hash));
    const ranked = rankFixes(news, this.#blamed, this.#report, (c) => this.#factsOf(c, base, present));
    const { release } = this.#report.system;
    return {
      release,
      base: base ?? head,
      head,
      doubts: this.#doubts,
      functions: this.#blamed.map(({ name, weight }) => ({ name, weight, file: files.get(name) ?? null })),
      examined: commits.length,
      present: commits.length - news.length,
      fixes: this.#described(ranked.slice(0, MOST_FIXES), news, head),
    };
  }

  /** What of the repository stands for the dump's kernel. */
  #base(): string | undefined {
    const { release, version } = this.#report.system;
    const found = kernelRevision(this.#folder, {
      ...(release !== null && { release }),
      ...(version !== null && { version }),
    });
    const near = found ?? this.#nearestTag(release ?? '');
    if (found === undefined) {
      this.#doubts.push({
        en: `the repository has no tag of ${release ?? 'the kernel'}: ${near ?? 'its whole history'} is taken`,
        zh: `仓库中没有 ${release ?? '该内核'} 的标签：取 ${near ?? '全部历史'}`,
      });
    }
    return near;
  }

  /** What a clone may lack that was not made in whole. */
  #doubtClone(): void {
    for (const hash of shallowCommits(this.#folder)) this.#cut.add(hash);
    if (this.#cut.size > 0) {
      this.#doubts.push({
        en: 'the clone is shallow: what is older than it reaches was not looked at (git fetch --unshallow)',
        zh: '该克隆是浅克隆：更早的历史未被查看（git fetch --unshallow）',
      });
    }
    if (this.#line(['config', '--get-regexp', '^remote\\..*\\.partialclonefilter$']) !== undefined) {
      this.#doubts.push({
        en: 'the clone lacks contents of files, and nothing is fetched: changes may be missing, messages are all there',
        zh: '该克隆缺少部分文件内容，且不会下载：改动可能不全，提交说明齐全',
      });
    }
  }

  /** `git log` in whole. What it cannot tell is said, so that nobody takes it for nothing. */
  #log(args: readonly string[]): GitCommit[] {
    const format = ['log', '--no-merges', '--no-color', '--encoding=UTF-8', GIT_FORMAT];
    const text = this.#git([...format, ...args], LIMITS);
    if (text === undefined && !this.#unanswered) {
      this.#unanswered = true;
      const [seconds, size] = [LIMITS.milliseconds / 1000, LIMITS.maxOutput >> 20];
      this.#doubts.push({
        en: `git failed, took more than ${seconds} s or printed more than ${size} MiB: commits are missing`,
        zh: `git 失败、耗时超过 ${seconds} 秒或输出超过 ${size} MiB：提交不全`,
      });
    }
    return parseGitLog(text ?? '').filter((c) => !this.#cut.has(c.hash));
  }

  /** The plain release that a kernel was made from: `v6.1` for `6.1.192`. */
  #nearestTag(release: string): string | undefined {
    const version = /^\d+\.\d+/.exec(release)?.[0];
    if (version === undefined) return undefined;
    return this.#git(['rev-parse', '--verify', `v${version}^{commit}`]) === undefined ? undefined : `v${version}`;
  }

  /** The file that defines each function, at the dump's kernel. */
  #definitions(revision: string): Map<string, string> {
    const found = new Map(this.#blamed.flatMap((b) => (b.file === undefined ? [] : [[b.name, b.file] as const])));
    const wanted = this.#blamed.filter((b) => !found.has(b.name)).map((b) => b.name);
    if (wanted.length === 0) return found;
    const pattern = `^[A-Za-z_].*[^A-Za-z0-9_](${wanted.join('|')})[ ]*\\(|^(${wanted.join('|')})[ ]*\\(`;
    const text = this.#git(
      ['grep', '-I', '-E', '--no-color', pattern, revision, '--', '*.c', '*.h', '*.S', '*.rs'],
      LIMITS,
    );
    for (const line of (text ?? '').split('\n')) {
      const [, file, code] = new RegExp(`^${escaped(revision)}:([^:]+):(.*)$`).exec(line) ?? [];
      const name = code === undefined ? undefined : definedFunction(code);
      if (file === undefined || name === undefined || !wanted.includes(name)) continue;
      // A definition in C is worth more than an inline one of a header for another configuration, or of tools.
      const known = found.get(name);
      if (known === undefined || fileRank(file) < fileRank(known)) found.set(name, file);
    }
    return found;
  }

  /** Commits that change the files that define what is blamed, and those whose messages name it. */
  #candidates(range: readonly string[], files: readonly string[]): GitCommit[] {
    const found = new Map<string, GitCommit>();
    const add = (commits: readonly GitCommit[]): void => {
      for (const commit of commits) {
        const known = found.get(commit.hash);
        if (!known || known.functions.length === 0) found.set(commit.hash, commit);
      }
    };
    if (files.length > 0) {
      const plain = ['--no-ext-diff', '--no-textconv', '-p', '-U0'];
      add(this.#log([...plain, ...range, '--', ...files.slice(0, MOST_FILES)]));
    }
    const names = this.#blamed.slice(0, MOST_NAMES).map((b) => b.name);
    const greps = names.map((name) => `--grep=(^|[^A-Za-z0-9_])${name}($|[^A-Za-z0-9_])`);
    add(this.#log(['-E', ...greps, ...range, '--']));
    return [...found.values()];
  }

  /** Upstream commits of which the dump's kernel has copies: a stable branch says so in their messages. */
  #present(base: string | undefined, head: string): Set<string> {
    if (base === undefined) return new Set();
    return new Set(this.#log([`${head}..${base}`, '--']).flatMap((c) => upstreamCommit(c.body) ?? []));
  }

  #factsOf(commit: GitCommit, base: string | undefined, present: ReadonlySet<string>): CommitFacts {
    const fixes = fixedCommits(commit.body).flatMap((short) => {
      const hash = this.#line(['rev-parse', '--verify', '--quiet', `${short}^{commit}`]);
      if (hash === undefined) return [];
      const inDump = present.has(hash) || (base !== undefined && this.#isAncestor(hash, base));
      return [{ hash, inDump }];
    });
    return { fixes };
  }

  #isAncestor(hash: string, of: string): boolean {
    return this.#git(['merge-base', '--is-ancestor', hash, of]) !== undefined;
  }

  /** With the tags that have them first, their copies in other branches, and what mends them in turn. */
  #described(fixes: readonly FixCandidate[], commits: readonly GitCommit[], head: string): FixCandidate[] {
    if (fixes.length === 0) return [];
    const copies = this.#copies(
      fixes.map((f) => f.hash),
      head,
    );
    const all = [...fixes.map((f) => f.hash), ...[...copies.values()].flat()];
    const tags = this.#firstTags(all);
    return fixes.map((fix) => {
      const backports = (copies.get(fix.hash) ?? []).map((hash) => ({ hash, firstIn: tags.get(hash) ?? null }));
      const followedBy = commits
        .filter((c) => fixedCommits(c.body).some((short) => fix.hash.startsWith(short)))
        .map((c) => ({ hash: c.hash, subject: c.subject }));
      const firstIn = tags.get(fix.hash);
      return {
        ...fix,
        ...(firstIn !== undefined && { firstIn }),
        ...(backports.length > 0 && { backports }),
        ...(followedBy.length > 0 && { followedBy }),
      };
    });
  }

  #copies(hashes: readonly string[], head: string): Map<string, string[]> {
    const greps = hashes.map((hash) => `--grep=${hash}`);
    const found = new Map<string, string[]>();
    for (const commit of this.#log(['--all', '-F', ...greps, '--not', head, '--'])) {
      const original = upstreamCommit(commit.body);
      if (original !== undefined) found.set(original, [...(found.get(original) ?? []), commit.hash]);
    }
    return found;
  }

  #firstTags(hashes: readonly string[]): Map<string, string> {
    const text = this.#git(['name-rev', '--tags', '--refs=v*', ...hashes], LIMITS);
    const tags = new Map<string, string>();
    for (const line of (text ?? '').split('\n')) {
      const [, hash, tag] = /^([0-9a-f]{40,64}) (?:tags\/)?(v[^~^]+)/.exec(line) ?? [];
      if (hash !== undefined && tag !== undefined) tags.set(hash, tag);
    }
    return tags;
  }

  #line(args: readonly string[]): string | undefined {
    const text = this.#git(args)?.trim();
    return text === '' ? undefined : text;
  }

  #git(args: readonly string[], limits: typeof LIMITS | undefined = undefined): string | undefined {
    return git(this.#folder, ['-c', `core.attributesFile=${this.#attributes}`, ...args], '', limits);
  }
}

/** The commits at which a shallow clone ends, one a line in its file `shallow`. */
function shallowCommits(folder: string): string[] {
  const file = git(folder, ['rev-parse', '--git-path', 'shallow'])?.trim();
  if (file === undefined || file === '') return [];
  try {
    return readFileSync(resolve(folder, file), 'utf8')
      .split('\n')
      .filter((line) => /^[0-9a-f]{40,64}$/.test(line));
  } catch {
    return []; // a clone in whole has no such file
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Sources of the kernel itself first. */
function fileRank(file: string): number {
  if (/^(?:tools|samples|scripts|Documentation)\//.test(file)) return 3;
  return /\.c$|\.rs$/.test(file) ? (file.startsWith('arch/') ? 1 : 0) : 2;
}
