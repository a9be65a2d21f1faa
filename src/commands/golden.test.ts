import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { valueHistory } from '../expr/index.ts';
import { type OpenedDump, openDump } from '../node/open-dump.ts';
import { crashReportSchema } from '../report/crash-report.ts';
import { crashReportBlocks } from '../report/crash-report-blocks.ts';
import { renderMarkdown } from '../report/render-markdown.ts';
import { renderText } from '../report/render-text.ts';
import { schemaProblems } from '../report/schema-check.ts';
import { FullSession } from '../session/full-session.ts';
import { makeReport } from '../session/make-report.ts';

/**
 * What each command prints for the sample dumps stands in `<command>.golden.txt`: after each `<sample>> <line>` what the
 * line prints. UPDATE_GOLDEN=1 runs the lines again; a new line is written into the file by hand, without its answer.
 */
const folder = import.meta.dirname;

const samples = ['amd64-6.1-softirq', 'arm64-6.1-softirq'].map((name) =>
  resolve(import.meta.dirname, `../../samples/${name}.vmcore`),
);
const opened: OpenedDump[] = [];
for (const sample of samples) opened.push(await openDump([sample]));
after(() => {
  for (const dump of opened) dump.close();
});

function sessionOf(i: number): FullSession {
  const dump = opened[i] as OpenedDump;
  valueHistory(dump.program).forgetFrom(0);
  return new FullSession(dump.program, { dumpNames: [basename(samples[i] as string)] });
}

function compare(file: string, text: string): void {
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  assert.ok(existsSync(file), `${file} is missing: UPDATE_GOLDEN=1 writes it`);
  const reviewed = readFileSync(file, 'utf8').split('\n');
  const now = text.split('\n');
  const at = now.findIndex((line, i) => line !== reviewed[i]);
  assert.ok(at < 0 && now.length === reviewed.length, `${basename(file)}:${at + 1}: ${now[at]} (was: ${reviewed[at]})`);
}

/** The lines that a golden file answers, by sample. */
function goldenLines(file: string): { readonly sample: number; readonly line: string }[] {
  assert.ok(existsSync(file), `${file} is missing: write the lines into it that are to be answered`);
  const found: { sample: number; line: string }[] = [];
  for (const text of readFileSync(file, 'utf8').split('\n')) {
    const sample = samples.findIndex((path) => text.startsWith(`${basename(path)}> `));
    if (sample >= 0) found.push({ sample, line: text.slice(basename(samples[sample] as string).length + 2) });
  }
  return found;
}

for (const name of commandFiles()) {
  test(`${name}: text as reviewed, data as the schema says`, () => {
    const file = join(folder, `${name}.golden.txt`);
    const lines = goldenLines(file);
    for (const i of samples.keys())
      assert.ok(
        lines.some((l) => l.sample === i),
        `${name}: no line of ${samples[i]}`,
      );
    const sessions = samples.map((_, i) => sessionOf(i));
    let text = '';
    for (const { sample, line } of lines) {
      const answer = sessions[sample]?.run(line);
      assert.ok(answer);
      text += `${basename(samples[sample] as string)}> ${line}\n${[...renderText(answer.blocks)].join('')}\n`;
      const json = JSON.parse(JSON.stringify(answer.data));
      assert.deepEqual(schemaProblems(answer.command.schema, json), []);
    }
    compare(file, text);
  });
}

function commandFiles(): string[] {
  const files = readdirSync(folder).filter((f) => /^[a-z-]+\.ts$/.test(f) && f !== 'index.ts');
  return files.map((f) => f.slice(0, -3)).sort();
}

test('every file of the folder is a command in the list, in the order of their names', () => {
  assert.deepEqual(
    sessionOf(0).commands.map((c) => c.name),
    commandFiles(),
  );
});

test('report: text and Markdown as reviewed, data as the schema says', () => {
  let text = '';
  for (const dump of opened) {
    const report = makeReport(dump.program);
    text += `${[...renderText(crashReportBlocks(report))].join('')}\n`;
    text += `${[...renderMarkdown(crashReportBlocks(report))].join('')}\n`;
    assert.deepEqual(schemaProblems(crashReportSchema, JSON.parse(JSON.stringify(report))), []);
  }
  compare(join(folder, '../report/report.golden.txt'), text);
});

test('the context that the stack shows is what the preempt count of the CPU says', () => {
  for (const dump of opened) {
    const { crash } = makeReport(dump.program);
    assert.equal(crash.context, 'softirq');
    assert.equal(Number(crash.preemptCount) & 0xffff00, 0x100); // one softirq, no hard interrupt, no NMI
  }
});

test('set -a makes a task the one that its CPU ran', () => {
  const session = sessionOf(0);
  const active = (): string[] =>
    [...renderText(session.run('ps -A')?.blocks ?? [])]
      .filter((l) => l.startsWith('>'))
      .map((l) => l.trim().split(/\s+/)[1] as string);
  const [before = '', other] = active();
  const cpu = [...renderText(session.run(`set ${before}`)?.blocks ?? [])].join('\n').match(/CPU: (\d+)/)?.[1];
  const idle = [...renderText(session.run('ps -k')?.blocks ?? [])].find((l) =>
    new RegExp(`^ +\\d{2,} +\\d+ +${cpu} `).test(l),
  );
  const chosen = idle?.trim().split(/\s+/)[0] as string;
  session.run(`set -a ${chosen}`);
  assert.deepEqual(active().sort(), [chosen, other].sort());
  session.run(`set -a ${before}`);
  assert.deepEqual(active(), [before, other]);
});

test('log options change the prefix only', () => {
  const session = sessionOf(0);
  const last = (line: string): string => [...renderText(session.run(line)?.blocks ?? [])].at(-1) ?? '';
  assert.match(last('log'), /^\[ {3}\d+\.\d{6}\] ---\[ end Kernel panic/);
  assert.match(last('log -t'), /^---\[ end Kernel panic/);
  assert.match(last('log -m'), /^\[ {3}\d+\.\d{6}\] <0>---\[ end/);
  assert.match(last('dmesg -T'), /^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d UTC \d{4}\] ---\[ end/);
});

test('wrong arguments and missing things are errors that say so', () => {
  const session = sessionOf(0);
  for (const [line, message] of [
    ['bt 99999', /no task 99999/],
    ['bt x!', /'x!' is neither a pid nor a task address/],
    ['bt -c 77', /bt: no CPU 77; there are 0, 1/],
    ['dis', /dis: needs a place/],
    ['dis -l panic', /no line table/],
    ['dis panic 0', /'0' is no count from 1 to 100000/],
    ['dis panic+x', /'\+x' in 'panic\+x' is no number to add/],
    ['dis nosuchthing', /no symbol nosuchthing/],
    ['dis 0', /address 0x0 is/],
    ['ps nobody', /no task nobody/],
    ['ps -y urgent', /no scheduling policy 'urgent'/],
    ['ps -C 0', /-C goes with -l or -m/],
    ['sym nosuchthing', /no symbol nosuchthing/],
    ['sym', /needs a symbol/],
    ['mod nosuch', /no module nosuch/],
    ['set -a', /-a needs a pid or a task/],
    ['foreach if ps', /behind 'if' stands a condition/],
    ['foreach if (nosuchmember) ps', /no symbol nosuchmember/],
    ['rd -f 0xffffffffffff', /is not in the dump/],
    ['set 99999', /no task 99999/],
    ['set -c x', /'x' is no CPU number/],
    ['mount -n 99999', /no task 99999/],
    ['help nosuch', /no command nosuch/],
    ['dmseg', /no command 'dmseg'; did you mean dmesg\?/],
    ['list nosuchthing', /'nosuchthing' is no symbol, address or file:line/],
    ['list panic', /no source line of panic: name the vmlinux/],
    ['log -x', /log: no option -x; usage: log \[-TtmcdasR\]/],
  ] as const) {
    assert.throws(() => session.run(line), message, line);
  }
});
