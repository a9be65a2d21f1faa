import { printableLine } from '../../src/base/text.ts';
import type { Evidence } from '../../src/report/finding.ts';
import type { RankedFinding } from '../../src/report/finding-data.ts';
import { renderText } from '../../src/report/render-text.ts';
import type { Session } from '../../src/session/session.ts';

/** What came of running the commands of all evidence. */
export interface EvidenceCheck {
  readonly checked: number;
  readonly wrong: readonly string[];
}

/** Runs each command once and looks for each value in its answer. */
export function checkEvidence(session: Session, findings: readonly RankedFinding[]): EvidenceCheck {
  const answers = new Map<string, string>();
  const wrong: string[] = [];
  let checked = 0;
  for (const finding of findings) {
    for (const fact of [...finding.evidence, ...(finding.against ?? [])]) {
      if (fact.command === undefined) continue;
      checked++;
      const answer = answers.get(fact.command) ?? answerOf(session, fact.command);
      answers.set(fact.command, answer);
      if (!holds(answer, fact)) wrong.push(`${finding.rule}: ${fact.command}: no '${fact.value}' in ${brief(answer)}`);
    }
  }
  return { checked, wrong };
}

function answerOf(session: Session, command: string): string {
  try {
    const answer = session.run(command);
    return answer ? [...renderText(answer.blocks)].join('') : '';
  } catch (e) {
    return `ERROR ${(e as Error).message}`;
  }
}

function holds(answer: string, { value }: Evidence): boolean {
  if (value.trim() === '') return false;
  return answer.includes(value) || value.split('\n').every((line) => answer.includes(printableLine(line)));
}

function brief(answer: string): string {
  const line = answer.trim().replaceAll(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 100)}...` : line;
}
