import { createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AnalysisError } from '../base/errors.ts';
import { debuginfodCache } from './debug-places.ts';
import { elfIdentity } from './elf-identity.ts';

const MAX_REDIRECTS = 5;
/** Seconds without a byte, and for everything; 0 is no limit. debuginfod-client-config(7). */
const DEFAULT_TIMEOUT = 90;

export interface DebuginfodOptions {
  /** Base addresses, tried in order. */
  readonly urls: readonly string[];
  readonly cache: string;
  /** Milliseconds without a byte after which a server is given up. */
  readonly idleMs: number;
  /** Milliseconds for one file; 0 is no limit. */
  readonly totalMs: number;
  /** @param total undefined when the server does not say */
  readonly onProgress?: (what: string, done: number, total: number | undefined) => void;
}

/** What fetching a file came to. */
export type Fetched = { readonly path: string } | { readonly error: string };

/** The configuration of elfutils' client; undefined when no server is named: then nothing is asked anywhere. */
export function debuginfodFromEnvironment(env: NodeJS.ProcessEnv = process.env): DebuginfodOptions | undefined {
  // Words such as `ima:enforcing` are policies for signatures, no addresses.
  const urls = (env.DEBUGINFOD_URLS ?? '').split(/\s+/).filter((url) => /^https?:\/\//.test(url));
  if (urls.length === 0) return undefined;
  return {
    urls,
    cache: debuginfodCache(env),
    idleMs: seconds(env.DEBUGINFOD_TIMEOUT, DEFAULT_TIMEOUT) * 1000,
    totalMs: seconds(env.DEBUGINFOD_MAXTIME, 0) * 1000,
  };
}

function seconds(text: string | undefined, fallback: number): number {
  const n = Number(text);
  return text !== undefined && text !== '' && Number.isFinite(n) && n >= 0 ? n : fallback;
}

/**
 * The file with the debug information of `buildId`, from the cache or from the first server that has it. What was
 * fetched of a file before a failure is kept and continued by the next call. Never throws for what a server does.
 */
export async function fetchDebuginfo(buildId: string, options: DebuginfodOptions): Promise<Fetched> {
  if (!/^[0-9a-f]{4,128}$/.test(buildId)) return { error: `'${buildId}' is no build-id` };
  const folder = join(options.cache, buildId);
  const path = join(folder, 'debuginfo');
  if (existsSync(path) && statSync(path).size > 0) return { path };
  const errors: string[] = [];
  try {
    mkdirSync(folder, { recursive: true });
    const part = claimPart(folder);
    try {
      for (const base of options.urls) {
        const url = `${base.replace(/\/+$/, '')}/buildid/${buildId}/debuginfo`;
        const error = await download(url, part, options);
        if (error === undefined) {
          const got = elfIdentity(part)?.buildId;
          if (got === buildId) {
            renameSync(part, path);
            return { path };
          }
          rmSync(part, { force: true });
          errors.push(`${url}: what it sent has build-id ${got ?? '(none)'}`);
        } else errors.push(error);
      }
    } finally {
      releasePart(folder, part);
    }
  } catch (e) {
    errors.push((e as Error).message);
  }
  return { error: errors.join('; ') };
}

/** A file of this process alone that holds what an earlier, ended one had got. */
function claimPart(folder: string): string {
  const mine = join(folder, `debuginfo.part.${process.pid}`);
  for (const name of readdirSync(folder)) {
    const m = /^debuginfo\.part(?:\.(\d+))?$/.exec(name);
    if (!m || (m[1] !== undefined && isRunning(Number(m[1])))) continue;
    try {
      renameSync(join(folder, name), mine); // of two that try, one wins
      break;
    } catch {
      // the other one won
    }
  }
  return mine;
}

function releasePart(folder: string, part: string): void {
  if (!existsSync(part)) return;
  if (statSync(part).size === 0) rmSync(part);
  else renameSync(part, join(folder, 'debuginfo.part'));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Fetches into `part`, from where it ends; returns what went wrong. */
async function download(url: string, part: string, options: DebuginfodOptions): Promise<string | undefined> {
  const stop = new AbortController();
  const limit = options.totalMs > 0 ? setTimeout(() => stop.abort(), options.totalMs) : undefined;
  try {
    let have = existsSync(part) ? statSync(part).size : 0;
    let response = await request(url, have, stop.signal, options.idleMs);
    if (response.statusCode === 416) {
      // The part is as long as the file or longer: it is of something else, or was complete.
      response.resume();
      have = 0;
      response = await request(url, 0, stop.signal, options.idleMs);
    }
    const start = response.statusCode === 206 ? rangeStart(response) : 0;
    if (response.statusCode !== 200 && (response.statusCode !== 206 || start !== have)) {
      response.resume();
      return `${url}: HTTP status ${response.statusCode}`;
    }
    await save(url, response, part, start, options, stop.signal);
    return undefined;
  } catch (e) {
    if (stop.signal.aborted) return `${url}: not done in ${options.totalMs / 1000} s`;
    if (e instanceof AnalysisError) return e.message;
    return `${url}: ${(e as NodeJS.ErrnoException).code ?? (e as Error).message}`;
  } finally {
    clearTimeout(limit);
  }
}

async function save(
  url: string,
  response: IncomingMessage,
  part: string,
  start: number,
  options: DebuginfodOptions,
  signal: AbortSignal,
): Promise<void> {
  const length = Number(response.headers['content-length']);
  const total = Number.isSafeInteger(length) && length > 0 ? start + length : undefined;
  let done = start;
  response.on('data', (chunk: Uint8Array) => {
    done += chunk.length;
    options.onProgress?.(url, done, total);
  });
  const out = createWriteStream(part, start > 0 ? { flags: 'r+', start } : { flags: 'w' });
  await pipeline(response, out, { signal });
  if (total !== undefined && done !== total) {
    throw new AnalysisError('fetch', `${url}: ended after ${done} of ${total} bytes`);
  }
}

/** First byte of `Content-Range: bytes 5-9/10`; -1 when it is not there. */
function rangeStart(response: IncomingMessage): number {
  const m = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '');
  return m ? Number(m[1]) : -1;
}

/** GET with redirects followed. Node's own client, because loading fetch costs more than the rest of a small answer. */
async function request(url: string, from: number, signal: AbortSignal, idleMs: number): Promise<IncomingMessage> {
  let at = new URL(url);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const { get } = at.protocol === 'https:' ? await import('node:https') : await import('node:http');
    const headers = { 'user-agent': 'inquest', ...(from > 0 && { range: `bytes=${from}-` }) };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = get(at, { headers, signal, ...(idleMs > 0 && { timeout: idleMs }) }, resolve);
      sent.on('timeout', () => sent.destroy(new Error(`no byte in ${idleMs / 1000} s`)));
      sent.on('error', reject);
    });
    const location = response.headers.location;
    if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || location === undefined) return response;
    response.resume();
    at = new URL(location, at);
    if (at.protocol !== 'http:' && at.protocol !== 'https:') break;
  }
  throw new AnalysisError('fetch', `${url}: more than ${MAX_REDIRECTS} redirects, or one to another protocol`);
}
