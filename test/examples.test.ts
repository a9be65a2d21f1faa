import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { contendedDump } from './build/contended-dump.ts';
import { installPackage } from './build/installed-package.ts';
import { SAMPLES, samplePath } from './build/sample-dump.ts';

/** The examples are run as their readers run them: beside an installed package, as programs of their own. */
const root = resolve(import.meta.dirname, '..');
const installed = await installPackage();
after(() => installed.remove());

const dump = samplePath('amd64-6.1-softirq');
const lines = (text: string): string[] => text.trimEnd().split('\n');

/** The command-line program of this checkout, in the folder of the examples. */
function inquest(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve(root, 'dist/inquest.cjs'), ...args], {
    cwd: installed.folder,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

test('every example has a test', () => {
  const names = globSync('*.ts', { cwd: resolve(root, 'examples') }).map((f) => basename(f, '.ts'));
  assert.deepEqual(names.sort(), ['cgroups', 'disk-queue', 'mutex', 'page-cache', 'sleepers']);
});

test('the examples compile against the types of the package', () => {
  const tsc = resolve(root, 'node_modules/.bin/tsc');
  const { stdout } = spawnSync(tsc, ['-p', 'examples', '--noEmit', '--pretty', 'false'], {
    cwd: root,
    encoding: 'utf8',
  });
  const errors = lines(stdout).filter((line) => line.startsWith('examples/')); // the sources have a check of their own
  assert.deepEqual(errors, []);
});

test('the example of docs/library.md prints what the page says', () => {
  const page = readFileSync(resolve(root, 'docs/library.md'), 'utf8');
  const [, program = '', , said = ''] = /```ts\n([\s\S]*?)```\s+```text\n(\$ .*\n)+([\s\S]*?)```/.exec(page) ?? [];
  writeFileSync(join(installed.folder, 'from-the-page.ts'), program);
  assert.equal(installed.run('from-the-page.ts', dump), said);
  assert.match(said, /lab-pipe-read/);
});

for (const name of SAMPLES) {
  test(`page-cache on ${name}: files of the guest, the biggest first`, () => {
    const [summary = '', ...files] = lines(installed.run('page-cache.ts', samplePath(name), '8'));
    assert.match(summary, /^23 files have 6\d{3} KiB in the page cache$/);
    assert.equal(files.length, 8);
    const sizes = files.map((f) => Number.parseInt(f, 10));
    assert.deepEqual(
      sizes,
      sizes.toSorted((a, b) => b - a),
    );
    assert.match(files[0] as string, /^ +1\d{3} KiB {2}\/bin\/busybox$/);
    // what the guest's init wrote: 1 MiB there, half a MiB to each /mnt/file
    assert.ok(files.includes('    1024 KiB  /tmp/blob'));
    for (const i of [1, 2, 3, 4]) assert.ok(files.includes(`     512 KiB  /mnt/file${i}`), `file${i}`);
  });

  test(`cgroups on ${name}: one group with every thread that ps shows`, () => {
    const groups = lines(installed.run('cgroups.ts', samplePath(name)));
    assert.equal(groups.length, 1);
    const { tasks } = JSON.parse(inquest(samplePath(name), '--json', '-c', 'ps')) as {
      tasks: { pid: number; state: string }[];
    };
    const living = tasks.filter((t) => t.pid !== 0 && t.state !== 'ZO' && t.state !== 'DE').length;
    assert.match(groups[0] as string, new RegExp(`^/ {2}${living} tasks: .*, .* and ${living - 5} more$`));
  });

  test(`disk-queue on ${name}: both disks of the guest, as QEMU made them`, () => {
    const text = lines(installed.run('disk-queue.ts', samplePath(name)));
    assert.deepEqual(text.slice(0, 6), [
      'vda (254:0): 65536 KiB',
      '  scheduler        none',
      '  hardware queues  2',
      '  requests         256 allowed, 0 reads and 0 writes in flight',
      '  sector           512 bytes',
      '  largest request  2560 sectors',
    ]);
    assert.equal(text[6], 'vdb (254:16): 131072 KiB');
    assert.deepEqual(lines(installed.run('disk-queue.ts', samplePath(name), 'vda')), text.slice(0, 6));
  });
}

test('mutex: nobody waits in the sample, and a mutex by its name is free', () => {
  assert.equal(installed.run('mutex.ts', dump), 'no task waits for a mutex\n');
  assert.equal(installed.run('mutex.ts', dump, 'cgroup_mutex'), 'mutex cgroup_mutex+0x0/0x20: free\n');
  assert.throws(() => installed.run('mutex.ts', dump, 'no_such_mutex'), /no symbol no_such_mutex/);
});

test('mutex: who waits is found on its own stack, and who holds it', () => {
  const file = join(installed.folder, 'contended.vmcore');
  const { bytes, mutex } = contendedDump('amd64-6.1-softirq', { waiters: [134, 141], owner: 1 });
  writeFileSync(file, bytes);
  const found = lines(installed.run('mutex.ts', file));
  assert.match(found[0] as string, /^mutex .*: held by 1 init$/);
  assert.deepEqual(found.slice(1), ['  waits: 134 lab-pipe', '  waits: 141 lab-pipe-read']);
  assert.deepEqual(lines(installed.run('mutex.ts', file, mutex)), found);
});

test('sleepers: a command that extend adds, with options, help and JSON', () => {
  const load = ['-c', 'extend ./sleepers.ts'];
  const text = inquest(dump, ...load, '-c', 'sleepers -u');
  assert.match(text, /^ {4}6 futex_wait_queue: lab-thr-0 lab-thr-1 lab-thr-2 lab-thr-3 lab-thr-4 lab-thr-5$/m);
  assert.match(text, /^ {4}1 pipe_read: lab-pipe-read$/m);
  assert.match(inquest(dump, ...load, '-c', 'help sleepers'), /^ {2}sleepers \[-u\]$/m);
  const { commands } = JSON.parse(inquest(dump, '--json', ...load, '-c', 'sleepers')) as {
    commands: { data?: { places?: { function: string; tasks: unknown[] }[] } }[];
  };
  const places = commands.at(-1)?.data?.places ?? [];
  assert.equal(
    places.find((p) => p.function === 'worker_thread' || p.function === 'futex_wait_queue') !== undefined,
    true,
  );
  const asleep = places.reduce((sum, p) => sum + p.tasks.length, 0);
  assert.ok(asleep > 50, `${asleep} tasks`);
});
