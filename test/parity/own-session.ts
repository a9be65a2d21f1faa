import { basename } from 'node:path';
import { DebugOnDemand } from '../../src/cli/debug-on-demand.ts';
import { Interpreter } from '../../src/cli/interpreter.ts';
import { TextSink } from '../../src/cli/sink.ts';
import { openDump } from '../../src/node/open-dump.ts';
import { FullSession } from '../../src/session/full-session.ts';
import type { OwnAnswer } from './own-process.ts';

/** The child's side of `OwnProcess`: arguments are the files with debug information (a line each) and the dump's files; a message is a command line. */
const [debugFiles, ...files] = process.argv.slice(2) as [string, ...string[]];
const dump = await openDump(files);
const debug = new DebugOnDemand(dump.program, { noSearch: true }, debugFiles.split('\n'));
await debug.start();
const source = await debug.source();
const session = new FullSession(dump.program, { dumpNames: files.map((f) => basename(f)), ...(source && { source }) });
const sink = new TextSink();
let error: unknown;
const complain = (e: unknown): void => {
  error ??= e;
};
const interpreter = new Interpreter(session, debug, { sink, complain });

process.on('message', async ({ line }: { line: string }) => {
  sink.text = '';
  error = undefined;
  await interpreter.run(line);
  const answer: OwnAnswer = { lines: sink.text.split('\n'), ...(error !== undefined && { error: String(error) }) };
  process.send?.(answer);
});
