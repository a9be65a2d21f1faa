import type { Interpreter } from './interpreter.ts';
import { loadExtension } from './load-extensions.ts';
import type { SessionState } from './prompt-messages.ts';

/** What of a session has to outlive its thread. */
export function stateOf({ session, history }: Interpreter): SessionState {
  return {
    task: session.chosenTask,
    settings: session.settings,
    aliases: session.aliases,
    extensions: session.extensions.map((e) => e.name),
    history: history.lines,
  };
}

/** A new session goes on where another one was. */
export async function restore({ session, history }: Interpreter, state: SessionState): Promise<void> {
  Object.assign(session.settings, state.settings);
  session.setTask(state.task);
  for (const a of state.aliases) session.setAlias(a.name, a.line, a.origin);
  for (const name of state.extensions) await loadExtension(session, name);
  for (const line of state.history) history.add(line);
}
