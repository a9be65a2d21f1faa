import { spawn } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { place } from './places.ts';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Text for the child's standard input; otherwise it reads end of file. */
  readonly input?: string;
}

let logFile: string | undefined;

/**
 * Runs a program and returns its standard output. Both outputs also go to the log of the current step.
 * @throws Error naming the program, its exit status and the last lines it wrote.
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  log(`$ ${program} ${args.join(' ')}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...(options.env ?? process.env), LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    let out = '';
    let tail = '';
    const keep = (chunk: string): void => {
      tail = (tail + chunk).slice(-2000);
      log(chunk);
    };
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
      keep(chunk);
    });
    child.stderr?.setEncoding('utf8').on('data', keep);
    child.stdin?.end(options.input);
    child.on('error', (error) => reject(new Error(`${program}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(out);
      else
        reject(new Error(`${program} ended with ${signal ?? code}: ${tail.trim().split('\n').slice(-4).join(' | ')}`));
    });
  });
}

/** A few lines of shell, with `set -eu -o pipefail`; `args` are $1, $2, ... */
export function shell(script: string, ...args: readonly string[]): Promise<string> {
  return run('bash', ['-euo', 'pipefail', '-c', script, 'lab', ...args]);
}

export function log(text: string): void {
  if (logFile !== undefined) appendFileSync(logFile, text);
}

let depth = 0;

/**
 * Runs `work` as one step: prints one line with its name, seconds and the note it returns; what the programs it runs
 * print goes to `log/<name>.log` in the cache. Steps inside a step are printed indented.
 */
export async function step<T>(name: string, work: () => Promise<T>, note?: (result: T) => string): Promise<T> {
  const outer = logFile;
  const start = Date.now();
  const indent = '  '.repeat(depth);
  logFile = join(place('log'), `${name.replace(/[^\w.+-]+/g, '-')}.log`);
  writeFileSync(logFile, '');
  depth += 1;
  const line = (what: string): void => {
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    console.log(`${(indent + name).padEnd(44)} ${seconds.padStart(7)} s  ${what}`);
  };
  try {
    const result = await work();
    line(note?.(result) || 'ok');
    return result;
  } catch (error) {
    line(`FAILED: ${error instanceof Error ? error.message : String(error)} (${logFile})`);
    throw error;
  } finally {
    depth -= 1;
    logFile = outer;
  }
}
