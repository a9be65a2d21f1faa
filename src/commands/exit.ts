import { command } from '../report/command.ts';
import { object } from '../report/schema.ts';

export const exit = command<object>({
  name: 'exit',
  aliases: ['quit', 'q'],
  summary: 'leave the session',
  description: ['Ends the session; commands after it are not run.'],
  args: {},
  examples: [{ line: 'exit', shows: 'Leave:' }],
  schema: object('Empty.', {}),
  run(context) {
    context.quit();
    return {};
  },
  blocks: () => [],
});
