import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSample, SAMPLES } from '../../test/build/sample-dump.ts';
import { jsonText } from '../base/json-text.ts';
import { openProgram } from '../open.ts';
import { type CrashReport, crashReportSchema } from '../report/crash-report.ts';
import { crashReportBlocks } from '../report/crash-report-blocks.ts';
import { renderHtml } from '../report/html/render-html.ts';
import { readReport } from '../report/read-report.ts';
import { renderMarkdown } from '../report/render-markdown.ts';
import { renderText } from '../report/render-text.ts';
import { cutReport, REPORT_PARTS, type ReportDraft } from '../report/report-draft.ts';
import { schemaProblems } from '../report/schema-check.ts';
import { makeReport } from './make-report.ts';

const WHY = { en: 'it took too long', zh: '用时过长' };

function draftsOf(name: (typeof SAMPLES)[number]): { drafts: ReportDraft[]; whole: CrashReport } {
  const { image, close } = openSample(name);
  const drafts: ReportDraft[] = [];
  const whole = makeReport(openProgram(image), { onDraft: (draft) => drafts.push(draft) });
  close();
  return { drafts, whole };
}

/** What is told of nothing where something was looked for. */
const NOTHING =
  /No filesystem|log holds no fatal report|does not tell which task|No rule recognises|\(empty\)|nobody waits/;

for (const name of SAMPLES) {
  const { drafts, whole } = draftsOf(name);

  test(`${name}: a report that is stopped anywhere is a report`, () => {
    assert.ok(drafts.length >= 12, `${drafts.length} drafts`);
    for (const draft of drafts) {
      const cut = cutReport(draft, WHY);
      assert.deepEqual(schemaProblems(crashReportSchema, cut), []);
      assert.deepEqual(readReport(JSON.parse(jsonText(cut)), 'saved').cut?.parts, draft.pending);
      const texts = [
        [...renderText(crashReportBlocks(cut))].join(''),
        [...renderMarkdown(crashReportBlocks(cut))].join(''),
        renderHtml(cut),
      ];
      for (const text of texts) {
        assert.match(text, /this report is not complete: it took too long/);
        assert.doesNotMatch(text, NOTHING);
        if (draft.pending.includes('storage')) assert.match(text, /not made: [^;]*the storage/);
      }
      assert.match([...renderText(crashReportBlocks(cut, 'zh'))].join(''), /本报告不完整：用时过长/);
    }
  });

  test(`${name}: what is made stays what it is in the whole report`, () => {
    const first = drafts[0] as ReportDraft;
    assert.deepEqual(
      first.pending,
      REPORT_PARTS.filter((p) => p !== 'system'),
    );
    for (const { report, pending } of drafts) {
      for (const part of REPORT_PARTS) {
        if (pending.includes(part) || part === 'memoryJudgement') continue;
        assert.deepEqual(report[part], whole[part], part);
      }
    }
    const found = drafts.findIndex((d) => d.report.findings.length > 0);
    const left = drafts[found]?.pending ?? [];
    assert.ok(left.includes('findings') || whole.findings.length === 1);
    assert.ok(left.includes('memory'), 'what ended and why comes before the rest');
  });
}
