import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { AnalysisError } from '../src/base/errors.ts';
import { type OpenedDump, openDump } from '../src/node/open-dump.ts';
import { kernelBuildId } from '../src/program/kernel-build-id.ts';
import type { SourceFrame } from '../src/program/ports.ts';
import { crashReportSchema } from '../src/report/crash-report.ts';
import { crashReportBlocks } from '../src/report/crash-report-blocks.ts';
import { DEBUG_FILES } from '../src/report/debug-doubts.ts';
import { renderText } from '../src/report/render-text.ts';
import { schemaProblems } from '../src/report/schema-check.ts';
import type { TaskStack } from '../src/report/stack-data.ts';
import { FullSession } from '../src/session/full-session.ts';
import { makeReport } from '../src/session/make-report.ts';
import type { Answer } from '../src/session/session.ts';

const sample = join(resolve(import.meta.dirname, '..'), 'samples/amd64-6.1-softirq.vmcore');
const opened: OpenedDump[] = [];
after(() => {
  for (const dump of opened) dump.close();
});

function frame(name: string, line: number, inlined: boolean): SourceFrame {
  return { name, file: `src/${name}.c`, line, column: 0, inlined };
}

/** The sample with made-up lines: each function is in a file of its name, and two calls are inlined into `rcu_do_batch`. */
async function program(): Promise<OpenedDump['program']> {
  const dump = await openDump([sample]);
  opened.push(dump);
  const { program } = dump;
  program.add({
    name: 'made-up lines',
    offers: ['lines'],
    open: (prog) => ({
      sourceAt(pc) {
        const name = prog.symbolAt(pc)?.name;
        if (name === undefined) return undefined;
        const own = frame(name, 7, false);
        return name === 'rcu_do_batch' ? [frame('inner', 3, true), frame('middle', 5, true), own] : [own];
      },
    }),
  });
  return program;
}

function stackOf(answer: Answer | undefined): TaskStack {
  assert.ok(answer);
  return (answer.data as { tasks: TaskStack[] }).tasks[0] as TaskStack;
}

test('bt -l: the line of each frame below it, inlined calls first; as JSON they are frames', async () => {
  const prog = await program();
  const answer = new FullSession(prog).run('bt -l');
  const text = [...renderText(answer?.blocks ?? [])].join('');
  assert.match(
    text,
    /\] rcu_do_batch at [0-9a-f]+\n {4}src\/inner\.c: 3 \(inlined inner\)\n {4}src\/middle\.c: 5 \(inlined middle\)\n {4}src\/rcu_do_batch\.c: 7\n/,
  );
  const { frames } = stackOf(answer);
  const at = frames.findIndex((f) => f.symbol === 'inner');
  assert.deepEqual(
    frames.slice(at, at + 3).map((f) => [f.symbol, f.inlined, f.file, f.line, f.module]),
    [
      ['inner', true, 'src/inner.c', 3, null],
      ['middle', true, 'src/middle.c', 5, null],
      ['rcu_do_batch', false, 'src/rcu_do_batch.c', 7, null],
    ],
  );
  assert.equal(new Set(frames.slice(at, at + 3).map((f) => f.pc)).size, 1);
  assert.deepEqual(
    schemaProblems(answer?.command.schema ?? { type: 'null' }, JSON.parse(JSON.stringify(answer?.data))),
    [],
  );
});

test('bt without -l is the same with and without debug information', async () => {
  const dump = await openDump([sample]);
  opened.push(dump);
  const plain = [...renderText(new FullSession(dump.program).run('bt')?.blocks ?? [])].join('');
  const full = new FullSession(await program(), { full: true }).run('bt');
  assert.equal([...renderText(full?.blocks ?? [])].join(''), plain);
  assert.ok(stackOf(full).frames.some((f) => f.inlined));
});

test('list: the text around the innermost line of an address', async () => {
  const lines = Array.from({ length: 20 }, (_, i) => (i === 1 ? 'void panic(void)' : `line ${i + 1}`));
  const source = { find: (path: string) => (path === 'src/panic.c' ? { where: '/s/panic.c', lines } : undefined) };
  const session = new FullSession(await program(), { source });
  const text = (line: string): string => [...renderText(session.run(line)?.blocks ?? [])].join('');
  assert.match(
    text('list panic+4'),
    /^panic at src\/panic\.c:7\n {3}2 {2}void panic\(void\)\n(?:.*\n){4}> {2}7 {2}line 7\n(?:.*\n){3} {2}11 {2}line 11\n$/,
  );
  assert.equal(text('list *(panic+4)'), text('list panic+4'));
  assert.equal(text('list src/gone.c:3'), 'src/gone.c:3\n(src/gone.c is not in the source tree)\n');
});

test('dis -s: the layout of crash, and bt with the text of each frame', async () => {
  const lines = Array.from({ length: 20 }, (_, i) => (i === 11 ? '}' : `line ${i + 1}`));
  lines[1] = 'void panic(void)';
  const source = { find: (path: string) => (path === 'src/panic.c' ? { where: '/s/panic.c', lines } : undefined) };
  const session = new FullSession(await program(), { source });
  const text = (line: string): string => [...renderText(session.run(line)?.blocks ?? [])].join('');
  const whole = text('dis -s panic+4');
  assert.match(
    whole,
    /^FILE: src\/panic\.c\nLINE: 7\n\n {2}2\tvoid panic\(void\)\n(?:.*\n){4}\* 7\tline 7\n(?:.*\n){4} {2}12\t}\n$/,
  );
  assert.equal(text('dis -ls (panic+4)').replace('(panic+4)', 'panic+4'), whole);
  assert.match(
    text('dis -s src/panic.c:9 2'),
    /LINE: 9\n\n {2}4\t(?:.*\n){5}\* 9\tline 9\n {2}10\tline 10\n {2}11\tline 11\n$/,
  );
  assert.match(
    text('dis -s src/gone.c:3'),
    /^FILE: src\/gone\.c\nLINE: 3\n\ndis: src\/gone\.c:3: source code is not available\n/,
  );
  assert.throws(() => session.run('dis -us panic'), /-s shows the source of the kernel/);
  const all = { find: (path: string) => ({ where: path, lines }) };
  const stack = new FullSession(await program(), { source: all });
  const shown = [...renderText(stack.run('bt --source')?.blocks ?? [])].join('');
  assert.match(shown, /\n {4}src\/inner\.c: 3 \(inlined inner\)\n(?: {6}.*\n){2} {6}> 3 {2}line 3\n/);
});

test('doubts about the file are told with every answer', async () => {
  const prog = await program();
  prog.noteProblem(DEBUG_FILES, new AnalysisError('doubt', 'vmlinux: its build-id aa is not bb'));
  const session = new FullSession(prog);
  for (const line of ['bt -l', 'list panic']) {
    const text = [...renderText(session.run(line)?.blocks ?? [])].join('');
    assert.match(text, /\(not complete: debug information: vmlinux: its build-id aa is not bb\)\n$/);
  }
  assert.ok(makeReport(prog).missing.some((m) => m.why.includes('aa is not bb')));
});

test('the report with lines: place, stack and source', async () => {
  const prog = await program();
  const lines = Array.from({ length: 4 }, (_, i) => `line ${i + 1}`);
  const source = { find: (path: string) => ({ where: path, lines }) };
  const report = makeReport(prog, { lines: true, source });
  const where = report.crash.file ?? '';
  assert.match(where, /^src\/\w+\.c$/);
  assert.deepEqual(schemaProblems(crashReportSchema, JSON.parse(JSON.stringify(report))), []);
  const text = [...renderText(crashReportBlocks(report))].join('');
  assert.ok(text.includes(`    Line: ${where}:${report.crash.line}\n`));
  assert.match(text, /\nSource\n.*line 1\n/);
  assert.ok(!report.missing.some((m) => m.what.startsWith('source lines')));
  const plain = makeReport(prog);
  assert.equal(plain.crash.function, report.crash.function);
  assert.equal('file' in plain.crash, false);
});

test('the build-id of the kernel that crashed', async () => {
  assert.match(kernelBuildId(await program()) ?? '', /^[0-9a-f]{40}$/);
});
