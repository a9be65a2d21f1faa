import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type LogMessage, writtenForms } from '../../test/build/log-forms.ts';
import { type LogReport, logReportSchema } from '../report/log-report.ts';
import { logReportBlocks } from '../report/log-report-blocks.ts';
import { renderText } from '../report/render-text.ts';
import { schemaProblems } from '../report/schema-check.ts';
import { LogEngine } from './log-engine.ts';

const root = resolve(import.meta.dirname, '../..');
const golden = join(root, 'src/report/oops.golden.txt');

function consoleOf(name: string): string {
  return gunzipSync(readFileSync(join(root, `samples/${name}.console.log.gz`))).toString('utf8');
}

function explain(log: string | Uint8Array): LogReport {
  const engine = new LogEngine();
  engine.push(typeof log === 'string' ? new Uint8Array(Buffer.from(log)) : log);
  const report = engine.end({ files: ['log'] });
  assert.deepEqual(schemaProblems(logReportSchema, JSON.parse(JSON.stringify(report))), []);
  return report;
}

function textOf(report: LogReport, all = false): string {
  return [...renderText(logReportBlocks(report, all))].join('');
}

test("the samples' consoles as text (UPDATE_GOLDEN=1 writes it)", () => {
  const text = ['amd64-6.1-softirq', 'arm64-6.1-softirq'].map((name) => textOf(explain(consoleOf(name)))).join('\n');
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text);
  assert.equal(text, readFileSync(golden, 'utf8'));
});

test('every form of log has the same report: title, culprit, frames, signature', () => {
  const messages: LogMessage[] = [...consoleOf('amd64-6.1-softirq').matchAll(/^\[ *(\d+)\.(\d{6})\] (.*?)\r*$/gm)]
    .map((m) => ({ micros: Number(m[1]) * 1e6 + Number(m[2]), level: 4, text: m[3] as string }))
    .slice(-200);
  const frames = (report: LogReport): unknown =>
    report.reports[0]?.traces.map((t) => t.frames.map((f) => `${f.function}+${f.offset}/${f.size} ${f.module ?? ''}`));
  const plain = explain(messages.map((m) => `[    1.000000] ${m.text}\n`).join(''));
  assert.equal(plain.reports.length, 1);
  assert.ok((plain.reports[0]?.traces[0]?.frames.length ?? 0) > 5);
  for (const form of writtenForms) {
    const report = explain(form.write(messages));
    assert.equal(report.reports[0]?.title, plain.reports[0]?.title, form.name);
    assert.equal(report.reports[0]?.frame, plain.reports[0]?.frame, form.name);
    assert.deepEqual(frames(report), frames(plain), form.name);
    assert.equal(report.reports[0]?.signature, plain.reports[0]?.signature, form.name);
  }
});

const WARNING = [
  '------------[ cut here ]------------',
  'WARNING: CPU: 2 PID: 67 at fs/dcache.c:338 dentry_free+0x24/0xa8',
  'CPU: 2 PID: 67 Comm: kswapd0 Not tainted 4.19.0-arm64-desktop #5312',
  'pc : dentry_free+0x24/0xa8',
  'Call trace:',
  ' dentry_free+0x24/0xa8',
  ' __dentry_kill+0x148/0x1d0',
  ' kswapd+0x3dc/0x760',
  '---[ end trace 8c73588fb79b6328 ]---',
];

test('repeats are folded, noise and silences are told, the fatal report comes first', () => {
  let seconds = 100;
  const lines: string[] = [];
  const say = (text: string): void => {
    seconds += 0.01;
    lines.push(`[${seconds.toFixed(6).padStart(12)}] ${text}`);
  };
  for (let i = 0; i < 146; i++) {
    for (const text of WARNING) say(i % 2 === 0 ? text : text.replaceAll('CPU: 2', 'CPU: 6'));
    for (let n = 0; n < 3; n++) say(`driver ${i}: file format is not right, ${n * i} bytes`);
    // What a report does not claim is noise as soon as it also comes outside of one.
    for (let n = 0; n < 70; n++) say(`eth0: packet ${n} dropped`);
  }
  seconds += 60;
  for (const text of consoleOf('arm64-6.1-softirq')
    .match(/Internal error:[\s\S]*/)?.[0]
    .split(/\r*\n/) ?? []) {
    say(text.replace(/^\[ *\d+\.\d+\] /, ''));
  }
  const report = explain(`${lines.join('\n')}\n`);
  const warning = report.reports.find((r) => r.title.startsWith('WARNING'));
  assert.equal(report.reports[0]?.severity, 'fatal');
  assert.equal(warning?.count, 146);
  assert.deepEqual(warning?.cpus, [2, 6]);
  assert.deepEqual(warning?.tasks, [{ pid: 67, comm: 'kswapd0' }]);
  assert.ok((warning?.seconds ?? 0) < 101 && (warning?.lastSeconds ?? 0) > 200);
  assert.deepEqual(report.chain.map((i) => report.reports[i]?.title).slice(0, 1), [warning?.title]);
  assert.equal(report.noise[0]?.template, 'eth#: packet # dropped');
  assert.equal(report.noise[0]?.count, 146 * 70);
  assert.ok(report.gaps[0] && report.gaps[0].to - report.gaps[0].from > 60);
  assert.match(textOf(report), /146 times WARNING/);
  assert.match(textOf(report), /10220x .*eth#: packet # dropped/);
});

test('a log without a report says so', () => {
  const report = explain('[    1.000000] usb 1-1: new device\n** 17 printk messages dropped **\n');
  assert.deepEqual(report.reports, []);
  assert.equal(report.dropped, 17);
  assert.match(textOf(report), /^No report of the kernel in this log\n/);
  assert.deepEqual(explain('').reports, []);
});

test('text of the log cannot steer a terminal', () => {
  const report = explain(
    '[    1.000000] BUG: unable to handle page fault \u009b31m\u202e\n[    1.1] RIP: 0010:a\u007f+0x1/0x2\n',
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
  assert.doesNotMatch(textOf(report, true), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});
