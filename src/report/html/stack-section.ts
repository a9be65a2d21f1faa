import type { Phrase } from '../../base/phrase.ts';
import type { CrashReport } from '../crash-report.ts';
import { FORCED } from '../debug-doubts.ts';
import { isCutOff } from '../report-draft.ts';
import { sourceText } from '../source-text.ts';
import type { FrameData, LocalData } from '../stack-data.ts';
import { stackTitle } from '../stack-lines.ts';
import { WORDS } from '../words.ts';
import { html, type Markup } from './markup.ts';
import { codeBox, dataTable, folded, type Section, type View } from './view.ts';

const DOT = ' \u00b7 ';
/** More frames than this are cut: a stack that overflowed has thousands, and all alike. */
const FRAMES = 120;

/** The stack of the task that died; frames open to source, locals and registers where these are known. */
export const stackSection: Section = {
  id: 'stack',
  title: WORDS.stack,
  draw(view) {
    const { stack, crash } = view.report;
    if (!stack) return isCutOff(view.report, 'stack') ? undefined : html`<p>${view.say(WORDS.noTask)}</p>`;
    const site = stack.frames.findIndex((f) => !f.inlined && f.pc === crash.pc && f.symbol === crash.function);
    // Calls that were inlined into the place of the death stand before it, and belong to it.
    let first = site;
    while (stack.frames[first - 1]?.inlined) first--;
    const frames = stack.frames.slice(0, FRAMES);
    const dying = first > 0 ? frames.slice(0, first) : [];
    const rest = frames.slice(dying.length);
    const more = stack.frames.length - frames.length;
    return html`<p class="note">PID ${stack.pid}${DOT}<code>${stack.comm}</code>${DOT}CPU ${stack.cpu}${DOT}<code>${stack.task}</code></p>
${dying.length > 0 && folded(view.say(dyingWords(dying.filter((f) => !f.inlined).length)), frameList(dying, 0, -1, view))}
${frameList(rest, dying.length, site, view)}
${more > 0 && html`<p class="note">${view.say({ en: `${more} more frames`, zh: `还有 ${more} 个栈帧` })}</p>`}
${stack.stopped !== undefined && html`<p class="note">${view.say({ en: 'The trace stops here', zh: '回溯止于此' })}: ${stack.stopped}</p>`}
${code(crash, view)}`;
  },
};

function dyingWords(count: number): Phrase {
  return { en: `Dying itself: ${count} frames`, zh: `死亡过程本身：${count} 个栈帧` };
}

/** @param offset index of the first frame in the whole stack @param site index of the frame in which it died */
function frameList(frames: readonly FrameData[], offset: number, site: number, view: View): Markup {
  let stack = '';
  const items = frames.map((frame, i) => {
    const changed = frame.stack !== stack && !frame.inlined;
    const enters = changed && (stack !== '' || frame.stack !== 'task');
    if (changed) stack = frame.stack;
    return html`${enters && html`<li class="turn">${view.say(stackName(frame.stack))}</li>`}${frameItem(frame, offset + i === site, view)}`;
  });
  return html`<ol class="frames">${items}</ol>`;
}

function stackName(name: string): Phrase {
  if (name === 'user') return { en: 'user mode', zh: '用户态' };
  if (name === 'task') return { en: 'stack of the task', zh: '任务栈' };
  return { en: `${stackTitle(name)} stack`, zh: `${stackTitle(name)} 栈` };
}

function frameItem(frame: FrameData, site: boolean, view: View): Markup {
  const { say } = view;
  const name = frame.symbol ?? (frame.stack === 'user' ? say({ en: 'user code', zh: '用户代码' }) : say(WORDS.unknown));
  const offset =
    frame.inlined || frame.offset === null
      ? ''
      : `+0x${frame.offset.toString(16)}${frame.size === null ? '' : `/0x${frame.size.toString(16)}`}`;
  const line = html`<code class="fn">${name}<span class="off">${offset}</span></code>${
    frame.module !== null && html` <span class="tag">${frame.module}</span>`
  }${frame.inlined && html` <span class="tag">${say({ en: 'inlined', zh: '内联' })}</span>`}${
    site && html` <span class="pill cause">${say({ en: 'died here', zh: '死于此处' })}</span>`
  }${frame.interrupted && !site && html` <span class="tag">${say({ en: 'interrupted', zh: '被打断' })}</span>`}${
    frame.trust === 'scan' &&
    html` <span class="tag">${say({ en: 'from a scan of the stack', zh: '扫描栈所得' })}</span>`
  }${frame.file !== null && html` <span class="at">${frame.file}:${frame.line ?? 0}${frame.doubt !== undefined && FORCED}</span>`}`;
  const inside = frameInside(frame, view);
  return html`<li class="${site ? 'frame site' : 'frame'}">${inside ? folded(line, inside, site) : html`<div class="flat">${line}</div>`}</li>`;
}

function frameInside(frame: FrameData, { say }: View): Markup | undefined {
  const parts: Markup[] = [];
  if (frame.source)
    parts.push(
      codeBox(`${say(WORDS.source)}: ${frame.symbol ?? ''}`, sourceText(frame.source, frame.line ?? 0).join('\n')),
    );
  if (frame.locals && frame.locals.length > 0) parts.push(localTable(frame.locals, frame, say));
  if (frame.registers) {
    const words = Object.entries(frame.registers).map(
      ([name, value]) => `${name.padStart(8)}: ${value.replace(/^0x/, '')}${at(frame, name)}`,
    );
    parts.push(codeBox(`${say({ en: 'Registers', zh: '寄存器' })}: ${frame.symbol ?? ''}`, words.join('\n')));
  }
  return parts.length === 0 ? undefined : html`${parts}`;
}

function at(frame: FrameData, register: string): string {
  const symbol = frame.registerSymbols?.[register];
  return symbol === undefined ? '' : `  ${symbol}`;
}

function localTable(locals: readonly LocalData[], frame: FrameData, say: View['say']): Markup {
  const columns = [
    { title: say({ en: 'Variable', zh: '变量' }) },
    { title: say({ en: 'Type', zh: '类型' }) },
    { title: say({ en: 'Value', zh: '值' }) },
  ];
  const rows = locals.map((l) => [
    html`<code>${l.name}</code>${l.function !== frame.symbol && html` <span class="tag">${l.function}</span>`}`,
    html`<code>${l.type}</code>`,
    l.value === null ? html`<em>${l.why ?? say(WORDS.unknown)}</em>` : html`<code>${l.value}</code>`,
  ]);
  return dataTable(`${say({ en: 'Variables', zh: '变量' })}: ${frame.symbol ?? ''}`, columns, rows);
}

/** Machine code and source around the instruction that trapped. */
function code(crash: CrashReport['crash'], { say }: View): Markup {
  const { instructions, from } = crash.code ?? { instructions: [], from: 'memory' };
  const title = say(from === 'memory' ? WORDS.code : WORDS.codeFromLog);
  const lines = instructions.map((i) => {
    const text = `${i.trap ? '>' : ' '} ${(i.place ?? i.address).padEnd(28)} ${i.text.replaceAll('\t', ' ')}\n`;
    return i.trap ? html`<mark>${text}</mark>` : html`${text}`;
  });
  const source = crash.source && sourceText(crash.source, crash.line ?? 0).join('\n');
  return html`${lines.length > 0 && html`<h3>${title}</h3>${codeBox(title, lines)}`}${
    source !== undefined && html`<h3>${say(WORDS.source)}</h3>${codeBox(say(WORDS.source), source)}`
  }`;
}
