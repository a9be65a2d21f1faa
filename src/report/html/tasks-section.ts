import type { Phrase } from '../../base/phrase.ts';
import type { ReportTask } from '../crash-report.ts';
import { ofAll } from '../crash-report-blocks.ts';
import { WORDS } from '../words.ts';
import { partsBar } from './bars.ts';
import { html, type Markup } from './markup.ts';
import { dataTable, type Section, type View } from './view.ts';

/** What ran, and what was blocked. */
export const tasksSection: Section = {
  id: 'tasks',
  title: WORDS.tasks,
  part: 'tasks',
  draw(view) {
    const { tasks, cpus, system } = view.report;
    const { say } = view;
    const states = Object.entries(tasks.states)
      .sort(([, a], [, b]) => b - a)
      .map(([state, n]) => ({ name: stateWords(state, say), text: String(n), value: n }));
    const others = say(WORDS.otherCpus) + say(ofAll(cpus.length, (system.cpus ?? 0) - 1));
    const blocked = say(WORDS.blocked) + say(ofAll(tasks.blocked.length, tasks.states.UN ?? 0));
    return html`${partsBar(say(countWords(tasks.total)), states)}${cpus.length > 0 && html`<h3>${others}</h3>${taskTable(others, cpus, view)}`}${
      tasks.blocked.length > 0 && html`<h3>${blocked}</h3>${taskTable(blocked, tasks.blocked, view)}`
    }`;
  },
};

function countWords(total: number | null): Phrase {
  if (total === null) return { en: 'Tasks by state', zh: '任务状态' };
  return { en: `${total} tasks by state`, zh: `${total} 个任务的状态` };
}

const STATES: Readonly<Record<string, Phrase>> = {
  RU: { en: 'running or ready', zh: '运行或就绪' },
  IN: { en: 'sleeping', zh: '可中断睡眠' },
  UN: { en: 'in uninterruptible sleep', zh: '不可中断睡眠' },
  ID: { en: 'idle kernel threads', zh: '空闲内核线程' },
  ST: { en: 'stopped', zh: '已停止' },
  TR: { en: 'traced', zh: '被跟踪' },
  ZO: { en: 'zombies', zh: '僵尸' },
  DE: { en: 'dead', zh: '已死' },
};

function stateWords(state: string, say: View['say']): Markup {
  const words = STATES[state];
  return html`<code>${state}</code> ${words ? say(words) : ''}`;
}

function taskTable(label: string, tasks: readonly ReportTask[], { say }: View): Markup {
  const columns = [
    { title: 'CPU', numeric: true },
    { title: 'PID', numeric: true },
    { title: say({ en: 'Command', zh: '命令' }) },
    { title: say({ en: 'Where (innermost first)', zh: '位置（最内层在前）' }) },
  ];
  const rows = tasks.map((t) => [
    t.cpu,
    t.pid,
    html`<code>${t.comm}</code>`,
    t.functions.length === 0 ? say(WORDS.noStack) : html`<code>${t.functions.join(' < ')}</code>`,
  ]);
  return dataTable(label, columns, rows);
}
