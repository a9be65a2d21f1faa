import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { writeXz } from '../../test/build/archive-writer.ts';
import { type RangeServer, rangeServer } from '../../test/build/range-server.ts';

/** Ctrl-C and `--timeout` at every moment: the program ends soon, says what it was doing, and leaves nothing behind. */
const root = resolve(import.meta.dirname, '../..');
const cli = join(root, 'dist/inquest.cjs');
if (!existsSync(cli)) execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--cli']);
const dump = join(root, 'samples/amd64-6.1-softirq.vmcore');
const home = mkdtempSync(join(tmpdir(), 'inquest-interrupt-'));
const temporary = join(home, 'tmp');
mkdirSync(temporary);
after(() => rmSync(home, { recursive: true, force: true }));
const env = {
  ...process.env,
  HOME: home,
  XDG_STATE_HOME: home,
  XDG_CACHE_HOME: join(home, 'cache'),
  TMPDIR: temporary,
  INQUEST_NO_CACHE: '',
};

// a command that never ends, in a loop or asleep
const never = { description: [], args: {}, examples: [], schema: { type: 'object' }, summary: '' };
const slow = join(home, 'slow.mjs');
const loop = `export const never = { ...${JSON.stringify({ ...never, name: 'never' })}, run() { mark(); for (;;); }, blocks: () => [] };`;
const sleep = `export const asleep = { ...${JSON.stringify({ ...never, name: 'asleep' })}, run() { mark(); for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); }, blocks: () => [] };`;
const marker = join(home, 'running');
const mark = `import { writeFileSync } from 'node:fs';\nconst mark = () => { writeFileSync(${JSON.stringify(marker)}, ''); writeFileSync(2, 'BEGUN'); };`;
writeFileSync(slow, `${mark}\n${loop}\n${sleep}\n`);

interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
  /** Milliseconds from the signal, or from the start. */
  readonly ms: number;
}

interface How {
  readonly input?: (child: ChildProcess) => void;
  /** When the signal is sent; never when absent. */
  readonly when?: (child: ChildProcess) => boolean;
}

/** Runs the program to its end, interrupted when `when` says so. */
async function run(args: readonly string[], { input, when }: How = {}): Promise<Ended> {
  const child = spawn(process.execPath, [cli, ...args], { env, cwd: home });
  rmSync(marker, { force: true });
  let [out, err, from] = ['', '', Date.now()];
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  child.stdin.on('error', () => {});
  if (input) input(child);
  else child.stdin.end();
  const timer = setInterval(() => {
    if (!when?.(child)) return;
    clearInterval(timer);
    from = Date.now();
    child.kill('SIGINT');
  }, 10);
  const [status, signal] = await new Promise<[number | null, string | null]>((done) =>
    child.once('close', (...how) => done(how)),
  );
  clearInterval(timer);
  const ms = Date.now() - from;
  return { status, signal, out, err: err.replace('BEGUN', '').replace(/^inquest: [^\n]* \.\.\.\n/gm, ''), ms };
}

/** Whether a process has written to a temporary file. */
function isUnpacking({ pid }: ChildProcess): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => {
      const path = join(folder, fd);
      return readlinkSync(path).startsWith(temporary) && statSync(path).size > 0;
    });
  } catch {
    return false; // it has ended
  }
}

/** Whether a command that never ends has begun. */
const isRunning = (): boolean => existsSync(marker);

/** Whether a process has a socket but for its three pipes to us. */
function isConnected({ pid }: ChildProcess): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).filter((fd) => readlinkSync(join(folder, fd)).startsWith('socket:')).length > 3;
  } catch {
    return false;
  }
}

function assertInterrupted(ended: Ended, where: RegExp): void {
  assert.equal(ended.signal, 'SIGINT', ended.err);
  assert.match(ended.err, /^inquest: interrupted [^\n]+\n$/);
  assert.match(ended.err, where);
  assert.ok(ended.ms < 1500, `${ended.ms} ms`);
  assert.deepEqual(readdirSync(temporary), []);
}

function assertStopped(ended: Ended, message: RegExp): void {
  assert.equal(ended.status, 3, ended.err);
  assert.match(ended.err, /^inquest: [^\n]+\n$/);
  assert.match(ended.err, message);
  assert.deepEqual(readdirSync(temporary), []);
}

const zeros = new Uint8Array(0x4000000);
const many = (bytes: Uint8Array, times: number): Uint8Array =>
  Buffer.concat(Array.from({ length: times }, () => bytes));
const archives: Readonly<Record<string, () => Uint8Array>> = {
  gz: () => many(gzipSync(zeros, { level: 1 }), 32),
  zst: () => zstdCompressSync(many(zeros, 5)),
  xz: () => writeXz(many(zeros, 2), 2 * zeros.length),
};

for (const [ending, make] of Object.entries(archives)) {
  test(`while a .${ending} is unpacked`, async () => {
    const path = join(home, `large.${ending}`);
    writeFileSync(path, make());
    assertInterrupted(await run(['report', path], { when: isUnpacking }), /while opening the dump/);
    assertStopped(
      await run([path, '-c', 'sys', '--timeout', '0.2']),
      /opening the dump was stopped: .* 0\.2 s \(--timeout\)/,
    );
    rmSync(path);
  });
}

test('while standard input is waited for', async () => {
  const input = (child: ChildProcess): void => void child.stdin?.write('KDUMP   ');
  assertInterrupted(await run(['-', '-c', 'sys'], { input, when: isUnpacking }), /while opening the dump/);
  assertStopped(await run(['-', '-c', 'sys', '--timeout', '0.3'], { input }), /opening the dump was stopped/);
  assertStopped(await run(['report', '-', '--timeout', '0.3'], { input }), /the report was stopped/);
});

test('a shell sees status 130', async () => {
  const script = `(sleep 1.6 | "$0" "$1" - -c sys; echo $?) & sleep 0.7; kill -INT $(pgrep -P $! -f inquest.cjs); wait`;
  const child = spawn('/bin/bash', ['-c', script, process.execPath, cli], { env });
  let out = '';
  child.stdout.on('data', (text) => (out += text));
  await new Promise((done) => child.once('close', done));
  assert.equal(out, '130\n');
});

async function withServer(served: Parameters<typeof rangeServer>[0], use: (server: RangeServer) => Promise<void>) {
  const server = await rangeServer(served);
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

test('while a web server says nothing', async () => {
  await withServer({ path: dump, ranges: true, etag: '"a"', stallFrom: 1, stallTo: 99 }, async ({ url }) => {
    assertInterrupted(await run(['report', url], { when: isConnected }), /while opening the dump/);
    assertStopped(await run(['report', url, '--timeout', '0.5']), /the report was stopped/);
  });
});

test('while a web server has stopped to answer: what came is kept for the next run', async () => {
  await withServer({ path: dump, ranges: true, etag: '"a"', stallFrom: 4, stallTo: 4 }, async (server) => {
    let reached = false;
    const watch = async (): Promise<void> => {
      while (!reached) reached = (await server.asked()).length >= 4;
    };
    void watch();
    assertInterrupted(await run(['report', server.url], { when: () => reached }), /while (?:opening|making)/);
    const before = await server.asked();
    const [whole, local] = [await run([server.url, '-c', 'ps']), await run([dump, '-c', 'ps'])];
    assert.equal(whole.out, local.out);
    const again = (await server.asked()).slice(before.length).filter((range) => range !== 'bytes=0-0');
    assert.ok(again.length > 0);
    assert.deepEqual(
      again.filter((range) => before.slice(0, 3).includes(range)),
      [],
    );
  });
});

test('while a web server trickles', async () => {
  await withServer({ path: dump, ranges: false, trickle: true }, async ({ url }) => {
    assertInterrupted(await run([url, '-c', 'sys'], { when: isUnpacking }), /while opening the dump/);
    assertStopped(await run([url, '-c', 'sys', '--timeout', '0.5']), /opening the dump was stopped/);
  });
});

test('in a command: what was answered before is there, also as JSON', async () => {
  const lines = ['-c', `extend ${slow}`, '-c', 'sys -t'];
  for (const name of ['never', 'asleep']) {
    const ended = await run([dump, ...lines, '-c', name, '-c', 'ps'], { when: isRunning });
    assertInterrupted(ended, new RegExp(`in '${name}'`));
    assert.match(ended.out, /TAINTED_MASK: \d+ [^\n]*\n$/);
  }
  const ended = await run([dump, ...lines, '-c', 'never', '--json'], { when: isRunning });
  assertInterrupted(ended, /in 'never'/);
  const { commands } = JSON.parse(ended.out) as { commands: { command: string; error?: { code: string } }[] };
  assert.equal(commands.length, 3);
  assert.equal(commands[2]?.error?.code, 'interrupted');
});

test('commands of standard input have limits too', async () => {
  const input = (child: ChildProcess): void => void child.stdin?.end(`extend ${slow}\nnever\nsys -t\n`);
  const ended = await run([dump, '--timeout', '1'], { input });
  assertStopped(ended, /'never' was stopped: it took more than 1 s/);
  assert.match(ended.out, /TAINTED_MASK/);
});

test('a log that does not come, with a limit', async () => {
  const input = (child: ChildProcess): void => void child.stdin?.write('[    1.0] Oops: 0000\n');
  assertStopped(await run(['oops', '-', '--timeout', '0.5'], { input }), /reading the log was stopped/);
  let seen = 0;
  assertInterrupted(await run(['oops', '-'], { input, when: () => ++seen > 40 }), /while reading the log/);
  const done = await run(['oops', '-', '--timeout', '60'], {
    input: (child) =>
      void child.stdin?.end('[    1.0] BUG: kernel NULL pointer dereference, address: 0000000000000008\n'),
  });
  assert.match(done.out, /NULL pointer/);
  assert.equal(done.status, 0, done.err);
});

const terminal = '/usr/bin/script'; // of util-linux: runs a program on a terminal of its own

/** Types each text when what is before it has been printed; returns what was on the screen and the status. */
async function typed(
  args: readonly string[],
  steps: readonly (readonly [string, string])[],
): Promise<[string, number]> {
  // a shell that stayed in between would get Ctrl-C too, and would end with a status of its own
  const line = ['exec', ...[process.execPath, cli, ...args].map((word) => `'${word}'`)].join(' ');
  const child = spawn(terminal, ['-qefc', line, '/dev/null'], {
    env: { ...env, TERM: 'dumb', SHELL: '/bin/sh' },
    cwd: home,
  });
  let [screen, at, step] = ['', 0, 0];
  child.stdout.on('data', (text) => {
    screen += text;
    for (let next = steps[step]; next && screen.includes(next[0], at); next = steps[step]) {
      at = screen.indexOf(next[0], at) + next[0].length;
      child.stdin.write(next[1]);
      step++;
    }
  });
  const early = setTimeout(() => steps[0]?.[0] === '' && child.stdin.write(steps[0][1]), 700);
  const status = await new Promise<number>((done) => child.once('close', done));
  clearTimeout(early);
  return [screen, status];
}

test('at the prompt Ctrl-C and a limit end the command, and the session goes on', {
  skip: !existsSync(terminal),
}, async () => {
  for (const [limit, stop] of [
    [[], ['', '\u0003']],
    [['--timeout', '0.6'], undefined],
  ] as const) {
    rmSync(marker, { force: true });
    const steps: [string, string][] = [
      ['inquest> ', `extend ${slow}\r`],
      ['asleep never', 'never\r'],
    ];
    if (stop) steps.push(['BEGUN', stop[1]]);
    steps.push(['stopped', 'sys -t\r'], ['TAINTED_MASK: ', 'exit\r']);
    const [screen, status] = await typed([dump, ...limit], steps);
    assert.match(screen, stop ? /inquest: stopped/ : /'never' was stopped: it took more than 0\.6 s \(--timeout\)/);
    assert.match(screen, /TAINTED_MASK: \d+/);
    assert.equal(status, 0, screen);
  }
});

test('at the prompt Ctrl-C leaves while the dump is opened', { skip: !existsSync(terminal) }, async () => {
  const path = join(home, 'large.gz');
  writeFileSync(path, many(gzipSync(zeros, { level: 1 }), 64));
  const [screen, status] = await typed([path], [['', '\u0003']]);
  assert.match(screen, /inquest: interrupted while opening the dump/);
  assert.equal(status, 130);
  assert.deepEqual(readdirSync(temporary), []);
});
