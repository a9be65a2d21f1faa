import { valueHistory } from '../expr/value-history.ts';
import type { Answer, Session } from '../session/session.ts';
import type { DebugOnDemand } from './debug-on-demand.ts';
import { breakable, Interrupted } from './interrupt.ts';

/**
 * Runs one line; once more when debug information that it asked for has been found only then. (What changes the session
 * asks for none.)
 */
export async function answerLine(session: Session, debug: DebugOnDemand, line: string): Promise<Answer | undefined> {
  const values = valueHistory(session.program);
  const before = values.count;
  const run = (): Answer | undefined => breakable(() => session.run(line), `in '${line}'`);
  let answer: Answer | undefined;
  let error: unknown;
  try {
    answer = run();
  } catch (e) {
    if (e instanceof Interrupted) throw e;
    error = e;
  }
  if (await debug.hasMore()) {
    values.forgetFrom(before);
    return run();
  }
  if (error !== undefined) throw error;
  return answer;
}
