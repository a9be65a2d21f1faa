import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { LogReport } from '../../src/report/log-report.ts';
import { logReportBlocks } from '../../src/report/log-report-blocks.ts';
import { renderMarkdown } from '../../src/report/render-markdown.ts';
import { renderText } from '../../src/report/render-text.ts';
import { LogEngine } from '../../src/session/log-engine.ts';
import { seededRandom } from '../build/byte-writer.ts';
import { readCorpus } from '../corpus/read-corpus.ts';
import type { CaseResult } from './case-result.ts';
import { logDamage } from './log-damage.ts';
import type { FuzzCase, FuzzDump } from './plan.ts';
import { Questions, shareOf } from './questions.ts';

/** The logs of a file; cases damage one of them, with parts of another. */
export class SoundLogs {
  readonly dump: FuzzDump;
  readonly #logs: readonly Uint8Array[];

  constructor(dump: FuzzDump) {
    this.dump = dump;
    const [file] = dump.files as readonly [string];
    if (file.endsWith('.json.gz')) this.#logs = readCorpus(file).map(({ log }) => new Uint8Array(Buffer.from(log)));
    else {
      const bytes = readFileSync(file);
      this.#logs = [new Uint8Array(file.endsWith('.gz') ? gunzipSync(bytes) : bytes)];
    }
  }

  run(one: FuzzCase): CaseResult {
    const random = seededRandom(one.number + 1);
    const log = this.#logs[random(this.#logs.length)] as Uint8Array;
    const other = this.#logs[random(this.#logs.length)] as Uint8Array;
    const titles = new Set(explain(log, log.length).reports.map((r) => r.title));
    const damaged = logDamage[one.kind]?.(log, other, random) ?? log;
    const questions = new Questions();
    const report = questions.ask('oops', () => explain(damaged, 1 + random(100_000)));
    let kept: CaseResult['kept'] = { reports: 0 };
    if (report) {
      const blocks = [...logReportBlocks(report, true)];
      questions.ask('text', () => questions.check('text', [...renderText(blocks)].join('')));
      questions.ask('markdown', () => questions.check('markdown', [...renderMarkdown(blocks)].join('')));
      kept = { reports: shareOf(titles, new Set(report.reports.map((r) => r.title))) };
    }
    const { errors, cpuMs, slowest } = questions;
    return { what: `${damaged.length} bytes`, amount: '', opened: report !== undefined, kept, errors, cpuMs, slowest };
  }

  close(): void {}
}

function explain(log: Uint8Array, chunk: number): LogReport {
  const engine = new LogEngine();
  for (let at = 0; at < log.length; at += chunk) engine.push(log.subarray(at, at + chunk));
  return engine.end({ files: ['log'] });
}
