import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const built = join(root, 'dist/inquest.cjs');
if (!existsSync(built)) execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--cli']);
const amd64 = join(root, 'samples/amd64-6.1-softirq.vmcore');
const arm64 = join(root, 'samples/arm64-6.1-softirq.vmcore');
const folder = mkdtempSync(join(tmpdir(), 'inquest-cli-'));
// The tests run a copy outside the repository, as an installed program is.
const cli = join(folder, 'inquest.cjs');
copyFileSync(built, cli);
after(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  readonly status: number | null;
  readonly out: string;
  /** Without progress, which depends on how busy the machine is. */
  readonly err: string;
}

function inquest(args: readonly string[], input = ''): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    encoding: 'utf8',
    input,
    timeout: 60_000,
    maxBuffer: 1 << 28,
    cwd: folder,
    env: { ...process.env, XDG_STATE_HOME: folder, HOME: folder },
  });
  return { status, out: stdout, err: stderr.replace(/^inquest: [^\n]* \.\.\.\n/gm, '') };
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** One line for people, nothing of our insides. */
function assertMessage(result: Result, status: number, message: RegExp): void {
  assert.equal(result.out, '');
  assert.match(result.err, message);
  assert.match(result.err, /^inquest: [^\n]+\n$/);
  assert.doesNotMatch(result.err, /\n\s+at |internal error/);
  assert.equal(result.status, status);
}

test('what is no dump is refused in one line that says what it is', () => {
  const jpeg = new Uint8Array(5000).fill(7);
  jpeg.set([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46]);
  for (const args of [['report'], ['-c', 'sys'], []]) {
    assertMessage(inquest([...args, file('empty', '')]), 2, /empty: .*empty/);
    assertMessage(inquest([...args, file('photo.jpg', jpeg)]), 2, /photo\.jpg: not a kernel dump but .*JPEG/);
    assertMessage(inquest([...args, process.execPath]), 2, /: not a kernel dump but .*(?:program|executable)/i);
    assertMessage(inquest([...args, folder]), 2, /is a directory/);
    assertMessage(inquest([...args, join(folder, 'nowhere')]), 2, /nowhere: no such file/);
    assertMessage(inquest([...args, file('text', 'hello\n'.repeat(2000))]), 2, /not a kernel dump/);
  }
});

test('a dump without read permission', () => {
  const path = file('secret', 'x');
  chmodSync(path, 0);
  // root reads everything, so the program is run as nobody then; it needs to reach neither the dump nor its folder.
  const uid = process.getuid?.() === 0 ? 65534 : undefined;
  chmodSync(folder, 0o755);
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [cli, 'report', path], {
    encoding: 'utf8',
    cwd: folder,
    ...(uid !== undefined && { uid }),
    env: { ...process.env, HOME: folder },
  });
  assert.equal(error, undefined);
  assertMessage({ status, out: stdout, err: stderr }, 2, /secret: no permission to read it/);
});

test('a hostile file name cannot write to the terminal', () => {
  assertMessage(inquest(['report', join(folder, 'a\u001b[2Jb\nc')]), 2, /a\\x1b\[2Jb\\nc: no such file/);
  assertMessage(inquest(['ps', 'vmcore']), 2, /ps: no such file; .*inquest vmcore -c ps/);
  assertMessage(inquest(['report', file('dmesg', '[    1.0] Oops')]), 2, /a text file; .*inquest oops .*dmesg/);
});

test('wrong usage is status 1 and one line', () => {
  assertMessage(inquest([]), 1, /no dump was named/);
  assertMessage(inquest(['--frob', amd64]), 1, /no option --frob/);
  assertMessage(inquest(['report', amd64, '--format', 'pdf']), 1, /there are text, md, json and html/);
  assertMessage(inquest([amd64, '-i', join(folder, 'no-script')]), 1, /the commands cannot be read/);
  assertMessage(inquest([amd64, '-c', 'dmseg']), 1, /did you mean dmesg/);
});

test('--help and --version need no dump', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  assert.deepEqual(inquest(['--version']), { status: 0, out: `inquest ${version}\n`, err: '' });
  const help = inquest(['--help']);
  assert.equal(help.status, 0);
  assert.match(help.out, /exit status:/);
});

test('several commands: a blank line between answers, a failing one does not stop the others', () => {
  const result = inquest([amd64, '-c', 'ps -S', '-c', 'bt 99999', '-c', 'sym panic']);
  assert.match(result.out, /^ {2}RU: \d+\n[^\n]+\n(?:[^\n]+\n)*\nffffffff[0-9a-f]{8} \(T\) panic\n$/);
  assert.equal(result.err, 'inquest: no task 99999: no such task\n'.replace(': no such task', ''));
  assert.equal(result.status, 0);
  assert.equal(inquest([amd64, '-c', 'bt 99999']).status, 2);
});

test('a script, comments in it, exit, and standard input', () => {
  const script = file('script', '# first\nps -S\n\nexit\nsys\n');
  assert.match(inquest([amd64, '-i', script]).out, /^ {2}RU: \d+\n(?: {2}[A-Z?]{2}: \d+\n)+\n?$/);
  assert.equal(inquest([amd64, '-i', '-'], 'sym panic\n').out, inquest([amd64, '-c', 'sym panic']).out);
  assert.equal(inquest([amd64], 'sym panic\nexit\nsys\n').out, inquest([amd64, '-c', 'sym panic']).out);
});

test('JSON: one document, errors inside it', () => {
  const one = JSON.parse(inquest([amd64, '--json', '-c', 'ps']).out);
  assert.equal(one.schema, 1);
  assert.equal(one.tasks.find((t: { pid: number }) => t.pid === 1).comm, 'init');
  const two = JSON.parse(inquest([arm64, '--json', '-c', 'sys', '-c', 'bt 99999']).out);
  assert.equal(two.commands[0].data.machine, 'aarch64');
  assert.deepEqual(two.commands[1].error.code, 'not-found');
});

test('the report as text, Markdown and JSON, and into a file', () => {
  const path = join(folder, 'report.md');
  const written = inquest(['report', arm64, '--format', 'md', '-o', path]);
  assert.deepEqual(written, { status: 0, out: '', err: '' });
  assert.equal(readFileSync(path, 'utf8'), inquest(['report', arm64, '--format', 'md']).out);
  const json = JSON.parse(inquest(['report', arm64, '--format', 'json']).out);
  assert.equal(json.crash.context, 'softirq');
  assert.match(inquest(['report', arm64]).out, new RegExp(`^Kernel crash: .* in ${json.crash.function}\\+`));
  assertMessage(inquest(['report', arm64, '-o', join(folder, 'no', 'where')]), 2, /ENOENT.*no.where/);
});

test('the report is the same whatever the file is called', () => {
  const copy = join(folder, 'other-name');
  copyFileSync(arm64, copy);
  assert.equal(inquest(['report', copy]).out, inquest(['report', arm64]).out);
});

test('a dump cut at 60 % is reported as far as it goes, or refused in one line', () => {
  for (const sample of [amd64, arm64]) {
    const cut = join(folder, 'cut');
    copyFileSync(sample, cut);
    truncateSync(cut, Math.floor(readFileSync(sample).length * 0.6));
    const result = inquest(['report', cut]);
    assert.doesNotMatch(result.err, /\n\s+at |internal error/);
    if (result.status === 0) assert.match(result.out, /truncated/);
    else assertMessage(result, 2, /truncated|beyond the end/);
    const sys = inquest([cut, '-c', 'sys', '-c', 'ps', '-c', 'log', '-c', 'bt -a', '-c', 'mod', '-c', 'mount']);
    assert.doesNotMatch(sys.err, /\n\s+at |internal error/);
    rmSync(cut);
  }
});

test('a reader that goes away is no error', async () => {
  const child = spawn(process.execPath, [cli, amd64, '-c', 'log', '-c', 'sym -l'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (d) => {
    err += d;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const status = await new Promise((done) => child.once('close', done));
  assert.equal(err.replace(/^inquest: [^\n]* \.\.\.\n/gm, ''), '');
  assert.equal(status, 0);
});

test('standard output may be a full disk: an error, not a crash', () => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [cli, amd64, '-c', 'sys'], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  assert.match(stderr, /ENOSPC/);
  assert.doesNotMatch(stderr, /\n\s+at |internal error/);
  assert.equal(status, 2);
});

test('pipes, redirections, shell commands, files of commands and the history', () => {
  assert.match(inquest([amd64, '-c', 'ps | head -1']).out, /^ +PID +PPID .*\n$/);
  const frames = JSON.parse(inquest([amd64, '-c', 'ps 1 | json']).out) as { command: string };
  assert.equal(frames.command, 'ps 1');
  const out = join(folder, 'answers');
  assert.equal(inquest([amd64, '-c', `sym panic > ${out}`, '-c', `sym panic >> ${out}`]).out, '');
  assert.equal(readFileSync(out, 'utf8').trimEnd().split('\n').length, 2);
  assert.equal(inquest([amd64, '-c', '!echo $((6 * 7))']).out, '42\n');
  const script = file('script', 'set 1\n# nothing\nset\nexit\nset 2\n');
  const { out: text } = inquest([amd64, '-c', `< ${script}`]);
  assert.equal(text.match(/PID: 1\n/g)?.length, 2);
  assert.doesNotMatch(text, /PID: 2\n/);
  assert.match(
    inquest([amd64, '-c', 'sym panic', '-c', 'r', '-c', 'h']).out,
    /panic[\s\S]*\nsym panic\n[\s\S]*\[3\] h\n/,
  );
  assert.match(
    inquest([amd64, '-c', `< ${file('self', `< ${join(folder, 'self')}`)}`]).err,
    /files of commands that read each other/,
  );
});

test('start-up files: all of the own one, only alias and set of others', () => {
  const home = mkdtempSync(join(tmpdir(), 'inquest-home-'));
  try {
    writeFileSync(join(home, '.inquestrc'), 'alias mine sym panic\n!echo started\n');
    writeFileSync(join(home, '.crashrc'), 'alias crashs set 1\n!echo never\nset nosuch 1\n');
    const run = (dir: string): string => {
      const { stdout } = spawnSync(process.execPath, [cli, amd64, '-c', 'mine', '-c', 'crashs'], {
        encoding: 'utf8',
        cwd: dir,
        env: { ...process.env, HOME: home },
      });
      return stdout;
    };
    assert.match(run(folder), /^started\n[\s\S]*\bpanic\b[\s\S]*PID: 1\n/);
    assert.doesNotMatch(run(home), /never/);
  } finally {
    rmSync(home, { recursive: true });
  }
});

test('extend adds the commands of a module, and nothing that is no command', () => {
  const module = file(
    'extension.mjs',
    `export const more = [{ name: 'greet', summary: '', description: [], args: {}, examples: [], schema: { type: 'object' },
       run: () => ({ text: 'hello' }), blocks: (d) => [{ kind: 'lines', lines: [d.text] }] }];
     export const other = 5;`,
  );
  const { out, err } = inquest([amd64, '-c', `extend ${module}`, '-c', 'greet', '-c', 'extend -u', '-c', 'greet']);
  assert.match(out, /COMMANDS\n.*extension\.mjs {2}greet\n\nhello\n\n.*extension\.mjs: unloaded\n/);
  assert.match(err, /no command 'greet'/);
  assert.match(inquest([amd64, '-c', 'extend nowhere.js']).err, /nowhere\.js: there is no such module/);
  assert.match(inquest([amd64, '-c', `extend ${file('none.mjs', 'export const a = 1;')}`]).err, /exports no command/);
});
