import { join, resolve } from 'node:path';
import { openDump } from '../src/node/open-dump.ts';
import { crashReportBlocks } from '../src/report/crash-report-blocks.ts';
import { renderText } from '../src/report/render-text.ts';
import { makeReport } from '../src/session/make-report.ts';

const SAMPLE = 'samples/amd64-6.1-softirq.vmcore';
const BOLD = '\u001b[1m';
const PLAIN = '\u001b[0m';
/** Lines and columns of the picture; the README shows the whole text. */
const ROWS = 44;
const COLUMNS = 118;
const LINE = 17;
const CHARACTER = 8.43;
const MARGIN = 18;
const BAR = 34;

/** The report of the sample dump as a terminal shows it, with its escape sequences for bold. */
export async function sampleReport(): Promise<string> {
  const dump = await openDump([join(resolve(import.meta.dirname, '..'), SAMPLE)]);
  try {
    return [...renderText(crashReportBlocks(makeReport(dump.program)), { colour: true })].join('');
  } finally {
    dump.close();
  }
}

export function withoutColour(text: string): string {
  return text.replaceAll(BOLD, '').replaceAll(PLAIN, '');
}

/** The beginning of the report drawn as a terminal window. */
export function reportSvg(report: string): string {
  const lines = [`$ inquest report ${SAMPLE.slice(SAMPLE.indexOf('/') + 1)}`, ...report.split('\n')].slice(0, ROWS);
  const width = Math.ceil(COLUMNS * CHARACTER + 2 * MARGIN);
  const height = BAR + lines.length * LINE + 2 * MARGIN;
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (colour, i) => `<circle cx="${22 + i * 20}" cy="${BAR / 2}" r="6" fill="${colour}"/>`,
  );
  const text = lines.map((line, i) => {
    const y = BAR + MARGIN + (i + 0.75) * LINE;
    const style = line.startsWith(BOLD) ? ' font-weight="bold" fill="#ffffff"' : i === 0 ? ' fill="#7ee787"' : '';
    return `<text x="${MARGIN}" y="${y}"${style} xml:space="preserve">${escaped(cut(withoutColour(line)))}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"`,
    ' aria-label="The report of a sample dump in a terminal" font-size="14" fill="#c9d1d9"',
    ' font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace">',
    `<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>`,
    `<path d="M0 ${BAR}h${width}" stroke="#30363d"/>`,
    ...dots,
    ...text,
    '</svg>',
    '',
  ].join('\n');
}

function cut(line: string): string {
  return line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line;
}

function escaped(line: string): string {
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
