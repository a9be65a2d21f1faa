import type { Reporter } from './oops-report.ts';
import { parseTaint } from './taint-letters.ts';

/**
 * `CPU: 2 UID: 0 PID: 67 Comm: kswapd0 Kdump: loaded Tainted: G        W  O      4.19.0-arm64-desktop #5312`: lib/dump_stack.c;
 * the UID since 6.13. Since 6.13 too, the taint's letters are followed by their meaning in brackets.
 */
const WHO =
  /^\s*CPU: (\d+)(?: UID: (\d+))? PID: (\d+) Comm: (.{0,64}?) (?:Kdump: loaded )?(Not tainted|Tainted: [A-Z ]*)(?:\[[^\]]*\],?)? *(\S*)(?: (.*))?$/;

/** Who made the report. */
export function readReporter(lines: readonly string[]): Reporter {
  let who: Reporter | undefined;
  let hardware: string | undefined;
  let workqueue: string | undefined;
  for (const text of lines) {
    if (!who && text.includes('CPU: ') && text.includes('Comm: ')) who = parseWho(text);
    else if (hardware === undefined && text.startsWith('Hardware name: ')) hardware = text.slice(15).trim();
    else if (workqueue === undefined && text.startsWith('Workqueue: ')) workqueue = text.slice(11).trim();
  }
  return { ...who, ...(hardware !== undefined && { hardware }), ...(workqueue !== undefined && { workqueue }) };
}

function parseWho(text: string): Reporter | undefined {
  const m = WHO.exec(text);
  if (!m) return undefined;
  return {
    cpu: Number(m[1]),
    ...(m[2] !== undefined && { uid: Number(m[2]) }),
    pid: Number(m[3]),
    comm: m[4] as string,
    taint: parseTaint((m[5] as string).startsWith('Not') ? '' : (m[5] as string).slice(9)),
    ...(m[6] && { release: m[6] }),
    ...(m[7] !== undefined && { version: m[7] }),
  };
}
