import type { Language, Phrase } from '../../base/phrase.ts';
import { html, type Markup, trusted } from './markup.ts';
import { SCRIPT, SCRIPT_SHA256 } from './script.ts';
import { STYLE } from './style.ts';

/** What stands around the content of a page. */
export interface Page {
  readonly title: string;
  readonly language: Language;
  /** What the list of contents names. */
  readonly contents: readonly { readonly id: string; readonly title: string }[];
  readonly body: Markup;
}

const WORDS = {
  contents: { en: 'Contents', zh: '目录' },
  summary: { en: 'Summary', zh: '摘要' },
  skip: { en: 'Skip to the report', zh: '跳到报告' },
  open: { en: 'Open all', zh: '全部展开' },
  close: { en: 'Close all', zh: '全部收起' },
  theme: { en: 'Light or dark', zh: '明暗' },
  print: { en: 'Print', zh: '打印' },
  made: {
    en: 'Made by inquest from memory and log of the dump. Each value stands beside the command that prints it again.',
    zh: '由 inquest 根据转储的内存与日志生成。每个值旁都有重新打印它的命令。',
  },
} as const satisfies Record<string, Phrase>;

/** Nothing but the page's own script may run, and nothing may be loaded, whatever text came from the dump. */
const POLICY = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${SCRIPT_SHA256}'; base-uri 'none'; form-action 'none'`;

/** A whole HTML document. */
export function page({ title, language, contents, body }: Page): string {
  const say = (phrase: Phrase): string => phrase[language];
  const links = [{ id: 'summary', title: say(WORDS.summary) }, ...contents];
  return html`<!doctype html>
<html lang="${language === 'zh' ? 'zh-Hans' : 'en'}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">${say(WORDS.skip)}</a>
<header class="top"><span class="brand">inquest</span><span class="what">${title}</span><span class="tools">
<button type="button" id="fold" hidden aria-pressed="false" data-open="${say(WORDS.open)}" data-close="${say(WORDS.close)}">${say(WORDS.open)}</button>
<button type="button" id="theme" hidden>${say(WORDS.theme)}</button>
<button type="button" id="print" hidden>${say(WORDS.print)}</button></span></header>
<div class="layout">
<nav aria-label="${say(WORDS.contents)}"><ul>${links.map((l) => html`<li><a href="#${l.id}">${l.title}</a></li>`)}</ul></nav>
<main id="main" tabindex="-1">
${body}
</main>
</div>
<footer>${say(WORDS.made)}</footer>
<script>${trusted(SCRIPT)}</script>
</body>
</html>
`.text;
}
