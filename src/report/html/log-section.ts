import type { CrashReport } from '../crash-report.ts';
import { elided, recordsAfter, recordsBefore } from '../crash-report-blocks.ts';
import { formatLogTime } from '../format-time.ts';
import { WORDS } from '../words.ts';
import { html, type Markup } from './markup.ts';
import { timelinePicture } from './timeline-picture.ts';
import { codeBox, folded, type Section, type View } from './view.ts';

type Record = CrashReport['log']['records'][number];

/** Lines of registers as kernels print them; they are folded away. */
const REGISTERS = /^(?:R(?!IP)[A-Z0-9]{2}|x\d+ ?|[FCD]S|CR\d|DR\d|PKRU|pstate|sp ?): ?/;

/** When what was logged, and the records around the first fatal one. */
export const logSection: Section = {
  id: 'log',
  title: WORDS.log,
  part: 'log',
  draw(view) {
    const { log } = view.report;
    return html`${log.timeline && timelinePicture(log.timeline, view)}${excerpt(log, view)}`;
  },
};

function excerpt(log: CrashReport['log'], { say, report }: View): Markup {
  const lines: Markup[] = [];
  if (log.before > 0) lines.push(html`<span class="soft">${say(recordsBefore(log.before))}</span>\n`);
  const registers: Record[] = [];
  let run = 0;
  const endRun = (): void => {
    if (run > 0) lines.push(html`<span class="soft">${' '.repeat(15)}${say(elided(run))}</span>\n`);
    run = 0;
  };
  for (const record of log.records) {
    if (REGISTERS.test(record.text)) {
      registers.push(record);
      run++;
      continue;
    }
    endRun();
    lines.push(recordLine(record, report.crash));
  }
  endRun();
  if (log.after > 0) lines.push(html`<span class="soft">${say(recordsAfter(log.after))}</span>\n`);
  if (lines.length === 0) lines.push(html`${say(WORDS.empty)}`);
  const label = say({ en: 'Log around the death', zh: '死亡前后的日志' });
  const folds =
    registers.length === 0
      ? undefined
      : folded(
          say({ en: 'Registers as the log has them', zh: '日志中的寄存器' }),
          codeBox(
            say({ en: 'Registers', zh: '寄存器' }),
            registers.map((r) => html`${r.text}\n`),
          ),
        );
  return html`<h3>${label}</h3>${codeBox(label, lines)}${folds}`;
}

/** 0 to 3 are errors, 4 a warning. */
function recordLine(record: Record, crash: CrashReport['crash']): Markup {
  const prefix = `[${formatLogTime(BigInt(record.timestampNs))}] `;
  const text = prefix + record.text.replaceAll('\n', `\n${' '.repeat(prefix.length)}`);
  if (crash.message !== null && record.text.startsWith(crash.message)) return html`<mark>${text}</mark>\n`;
  if (record.level <= 3) return html`<span class="level-error">${text}</span>\n`;
  return record.level === 4 ? html`<span class="level-warning">${text}</span>\n` : html`${text}\n`;
}
