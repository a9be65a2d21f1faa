import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import type { KallsymsLayout } from './build/kallsyms-writer.ts';
import { OldKernel, type OldKernelForm, oldArm, oldX86 } from './build/old-kernel.ts';

/** A kernel of the 4.19 generation: no BTF, kallsyms that VMCOREINFO does not name, the older log. */
const root = resolve(import.meta.dirname, '..');
const cli = join(root, 'dist/inquest.cjs');
if (!existsSync(cli)) execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--cli']);
const folder = mkdtempSync(join(tmpdir(), 'inquest-old-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const log = [
  'Linux version 4.19.0-26-test (gcc) #1 SMP Debian 4.19.304-1 (2024-01-09)',
  ...Array.from({ length: 300 }, (_, i) => `usb 1-${i}: new high-speed USB device`),
  'BUG: unable to handle kernel NULL pointer dereference at 0000000000000008',
  'PGD 0 P4D 0 ',
  'Oops: 0002 [#1] SMP PTI',
  'CPU: 2 PID: 731 Comm: dd Tainted: P      D           4.19.0-26-test #1',
  'Hardware name: QEMU Standard PC',
  'Call Trace:',
  ' do_work+0x10/0x20',
  '---[ end trace 0123456789abcdef ]---',
  'Kernel panic - not syncing: Fatal exception',
];

function layoutOf(encoding: KallsymsLayout['encoding']): KallsymsLayout {
  return { encoding, order: 'addresses-first', markerWidth: 8, seqs: false, align: 8 };
}

function run(...args: readonly string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: folder });
  return { status, out: stdout, err: stderr };
}

function ask(file: string, ...lines: readonly string[]): { status: number | null; out: string; err: string } {
  return run(file, ...lines.flatMap((line) => ['-c', line]));
}

const cases: readonly [string, OldKernelForm, KallsymsLayout['encoding']][] = [
  ['x86-64, base-relative kallsyms', oldX86, 'percpu'],
  ['x86-64, absolute kallsyms', oldX86, 'absolute'],
  ['arm64, base-relative kallsyms', oldArm, 'base'],
  ['arm64, absolute kallsyms', oldArm, 'absolute'],
];

cases.forEach(([name, form, encoding], i) => {
  const kernel = new OldKernel(form, layoutOf(encoding), log);
  const file = `old-${i}.elf`;
  writeFileSync(join(folder, file), kernel.elf());
  const noType = (type: string): RegExp => new RegExp(`no type ${type}: the dump carries no type information`);

  test(`4.19, ${name}: sys tells what VMCOREINFO, symbols and the log tell`, () => {
    const { status, out, err } = ask(file, 'sys');
    assert.equal(err, '');
    assert.equal(status, 0);
    for (const fact of [
      'KERNEL: 4.19.0-26-test (symbols from the dump, which holds no types)  [TAINTED]',
      'CPUS: 4 [OFFLINE: 3]',
      'DATE: Tue Nov 14 22:13:20 UTC 2023',
      'LOAD AVERAGE: 1.00, 0.50, 0.25',
      'NODENAME: oldbox',
      'RELEASE: 4.19.0-26-test',
      'VERSION: #1 SMP Debian 4.19.304-1 (2024-01-09)',
      `MACHINE: ${form.arch}`,
      'PANIC: "Kernel panic - not syncing: Fatal exception"',
    ]) {
      assert.ok(out.includes(`${fact}\n`), `${fact} in\n${out}`);
    }
  });

  test(`4.19, ${name}: the whole log`, () => {
    const { status, out, err } = ask(file, 'log -t');
    assert.equal(err, '');
    assert.equal(status, 0);
    assert.deepEqual(out.trimEnd().split('\n'), log);
    const records = JSON.parse(run(file, '-c', 'log', '--json').out).records as {
      timestampNs: string;
      level: number;
    }[];
    assert.deepEqual(
      records.map((r) => [Number(r.timestampNs), r.level]),
      log.map((_, n) => [n * 1_000_000, n % 8]),
    );
  });

  test(`4.19, ${name}: symbols both ways`, () => {
    const names = ['_stext', 'panic', 'init_task', 'panic_cpu', 'linux_banner', '__bss_start'];
    const middle = [...kernel.symbols].filter(([, at]) => at > form.text).filter((_, n) => n % 2000 === 7);
    const wanted = [...names.map((n) => [n, kernel.symbols.get(n) as bigint] as const), ...middle];
    const lines = wanted.flatMap(([symbol, at]) => [`sym ${symbol}`, `sym ${at.toString(16)}`]);
    const { status, out, err } = ask(file, ...lines);
    assert.equal(`${err}${status}`, '0');
    const answers = out.trimEnd().split('\n\n');
    assert.equal(answers.length, lines.length);
    wanted.forEach(([symbol, at], n) => {
      assert.match(
        answers[2 * n] as string,
        new RegExp(`^${at.toString(16)} \\(\\w\\) ${symbol.replaceAll('.', '\\.')}\\b`),
      );
      assert.match(answers[2 * n + 1] as string, new RegExp(`^${at.toString(16)} \\(\\w\\) \\S+`));
    });
    assert.equal(ask(file, 'sym no_such_symbol').status, 2);
  });

  test(`4.19, ${name}: what needs types says so in one sentence`, () => {
    for (const [line, type] of [
      ['ps', 'task_struct'],
      ['mod', 'module'],
      ['mount', 'mount'],
    ] as const) {
      const { status, out, err } = ask(file, line);
      assert.equal(`${err}${status}`, '0');
      assert.match(out, noType(type));
      assert.equal(out.trimEnd().split('\n').length, 2, 'a header line and the sentence');
    }
    const lines = ['bt', 'bt -a', 'bt 731', 'set', 'ps 731'];
    const { status, out, err } = ask(file, 'sys', ...lines);
    assert.equal(status, 0);
    assert.ok(out.includes('RELEASE'));
    const messages = err.trimEnd().split('\n');
    assert.equal(messages.length, lines.length);
    for (const message of messages) {
      assert.match(message, /^inquest: no task could be read: /);
      assert.match(message, noType('task_struct'));
    }
  });

  test(`4.19, ${name}: the report has the end of the log and says what is missing`, () => {
    const { status, out, err } = run('report', file);
    assert.equal(`${err}${status}`, '0');
    assert.match(out, /^Kernel crash: NULL pointer dereference in do_work\+0x10\/0x20\n/);
    assert.match(out, / What: BUG: unable to handle kernel NULL pointer dereference at 0000000000000008\n/);
    assert.match(out, / Panic: Kernel panic - not syncing: Fatal exception\n/);
    for (const line of log.slice(-9)) assert.ok(out.includes(`] ${line}\n`), line);
    assert.match(out, / Kernel: 4\.19\.0-26-test #1 SMP/);
    assert.match(out, / Taint: PD \(proprietary module, died before\)\n/);
    assert.match(out, / Tasks: \(unknown\)\n Modules: \(unknown\)\n {2}Booted: root=\/dev\/vda1 quiet\n/);
    const missing = out.slice(out.indexOf('\nMissing\n'));
    assert.match(missing, /types from BTF: .*CONFIG_DEBUG_INFO_BTF/);
    assert.match(missing, noType('task_struct'));
    const json = JSON.parse(run('report', file, '--format', 'json').out);
    const [frame] = json.stack.frames;
    assert.deepEqual([json.stack.pid, json.stack.comm, frame.symbol, frame.trust], [731, 'dd', 'do_work', 'log']);
    assert.deepEqual(
      [json.crash.kind, json.tasks.total, json.modules.total, json.system.release, json.system.cpus],
      ['NULL pointer dereference', null, null, '4.19.0-26-test', 4],
    );
  });

  test(`4.19, ${name}: without the note, the same but for the time of the crash`, () => {
    writeFileSync(join(folder, `note-${file}`), kernel.elf(false));
    const [with_, without] = [file, `note-${file}`].map((f) => run('report', f).out.replace(/ {4}When: .*\n/, ''));
    assert.equal(without, with_);
    assert.match(run('report', `note-${file}`).out, / When: \(date unknown\)/);
  });
});
