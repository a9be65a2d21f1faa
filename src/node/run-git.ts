import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Most that git may print for one question. */
const MAX_OUTPUT = 1 << 24;
/** Milliseconds for a call of git. */
const GIT_TIME = 20_000;

/** Bounds of one call. */
export interface GitLimits {
  readonly maxOutput?: number;
  readonly milliseconds?: number;
}

/** Nothing of a user's or repository's settings runs a program, and nothing is fetched. */
const SETTINGS = ['core.fsmonitor=false', 'core.hooksPath=/dev/null', 'core.pager=cat', 'log.showSignature=false'];

/**
 * What git prints; undefined when it fails or is not there. There is no shell: each argument reaches git as it is, and
 * what comes from elsewhere must be behind `--` or be known not to begin with a dash.
 */
export function git(folder: string, args: readonly string[], input = '', limits: GitLimits = {}): string | undefined {
  try {
    return execFileSync('git', ['-C', folder, ...SETTINGS.flatMap((s) => ['-c', s]), ...args], {
      input,
      encoding: 'utf8',
      timeout: limits.milliseconds ?? GIT_TIME,
      maxBuffer: limits.maxOutput ?? MAX_OUTPUT,
      env: { ...process.env, GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}

/** Whether a folder is a git repository, and of which kind. */
export function isRepository(folder: string): 'bare' | 'tree' | undefined {
  if (existsSync(join(folder, 'HEAD')) && existsSync(join(folder, 'objects'))) return 'bare';
  return existsSync(join(folder, '.git')) ? 'tree' : undefined;
}
