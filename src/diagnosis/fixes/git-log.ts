/** One commit as `git log` printed it with `GIT_FORMAT`. */
export interface GitCommit {
  readonly hash: string;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly subject: string;
  readonly body: string;
  /** Functions that its hunks name, when it was printed with its changes. */
  readonly functions: readonly string[];
}

/** NUL stands in no message and in no text of a change. */
export const GIT_FORMAT = '--format=%x00%H%x00%ct%x00%s%x00%b%x00';

const FIELDS = 5;

/** Takes apart what `git log --format=... [-p -U0]` printed. */
export function parseGitLog(text: string): GitCommit[] {
  const parts = text.split('\0');
  const commits: GitCommit[] = [];
  for (let i = 1; i + FIELDS - 1 < parts.length; i += FIELDS) {
    const [hash = '', time = '', subject = '', body = '', change = ''] = parts.slice(i, i + FIELDS);
    if (!/^[0-9a-f]{40,64}$/.test(hash)) break;
    commits.push({ hash, time: Number(time), subject, body, functions: changedFunctionsOf(change) });
  }
  return commits;
}

/** `@@ -1,2 +3,4 @@ static void f(struct page *p)`, and definitions among the changed lines. */
export function changedFunctionsOf(change: string): string[] {
  const names = new Set<string>();
  for (const line of change.split('\n')) {
    const context = /^@@ [-+,\d ]+ @@ ?(.*)$/.exec(line)?.[1] ?? /^[-+]([A-Za-z_].*)$/.exec(line)?.[1];
    const name = context === undefined ? undefined : definedFunction(context);
    if (name !== undefined) names.add(name);
  }
  return [...names];
}

/** The function that a line in the first column begins to define. */
export function definedFunction(line: string): string | undefined {
  if (
    line.length > 1000 ||
    /^(?:return|if|for|while|switch|else|do|case|goto|typedef|extern|#)\b/.test(line) ||
    /;\s*$/.test(line)
  ) {
    return undefined;
  }
  return /(?:^|[\s*])([A-Za-z_]\w*)\s*\(/.exec(line)?.[1];
}

const FIXES = /^\s*Fixes:\s*([0-9a-f]{8,40})\b/gim;

/** Commits that a message says it fixes. */
export function fixedCommits(body: string): string[] {
  return [...body.matchAll(FIXES)].map(([, hash]) => (hash as string).toLowerCase());
}

/** The commit of which a commit of a stable tree is a copy. */
export function upstreamCommit(body: string): string | undefined {
  const found = /^\s*(?:commit ([0-9a-f]{40}) upstream\.?|\[ Upstream commit ([0-9a-f]{40}) \])\s*$/im.exec(body);
  return found?.[1] ?? found?.[2];
}
