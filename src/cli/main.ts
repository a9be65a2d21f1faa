import { type LimitedRequest, type Limits, parseArguments, type Request } from './arguments.ts';
import { dieOfInterrupt, Interrupted, watchInterrupts } from './interrupt.ts';
import { errorMessage, INTERNAL, isExpected } from './message.ts';
import { OutputClosed, writeAll } from './output.ts';
import { LIMITED_ARGUMENT, WORKER_ARGUMENT } from './prompt-messages.ts';
import { runVerb } from './run-verb.ts';

/** Put in by the bundler; absent when the sources are run. */
declare const INQUEST_VERSION: string | undefined;

async function main(argv: readonly string[]): Promise<number> {
  watchInterrupts();
  let request: Request;
  try {
    request = parseArguments(argv);
  } catch (e) {
    return fail(e, 1);
  }
  try {
    return await answer(request);
  } catch (e) {
    if (e instanceof OutputClosed) return 0;
    if (e instanceof Interrupted) {
      fail(e, 130);
      return dieOfInterrupt();
    }
    if (!isExpected(e)) return fail(e, INTERNAL);
    return fail(await (await import('./request-hint.ts')).withRequestHint(e, request), 2);
  }
}

async function answer(request: Request): Promise<number> {
  if (isLimited(request)) return (await import('./run-limited.ts')).runLimited(request, request.limits);
  switch (request.kind) {
    case 'help':
      if (request.topic) writeAll(1, (await import('./verb-usage.ts')).verbUsage(request.topic));
      else writeAll(1, (await import('./usage.ts')).usageText());
      return 0;
    case 'version':
      writeAll(1, `inquest ${typeof INQUEST_VERSION === 'undefined' ? '(from source)' : INQUEST_VERSION}\n`);
      return 0;
    case 'commands':
      return (await import('./run-commands.ts')).runCommands(request);
    case 'report':
    case 'compare':
    case 'fixes':
    case 'oops':
      return runVerb(request);
    case 'prompt':
      return (await import('./prompt.ts')).prompt(request);
    case 'symbolize':
      return (await import('./run-symbolize.ts')).runSymbolize(request);
    case 'line':
      return (await import('./run-line.ts')).runLine(request);
  }
}

/** The prompt sees to its limits itself. */
function isLimited(request: Request): request is LimitedRequest & { readonly limits: Limits } {
  return 'limits' in request && request.limits !== undefined && request.kind !== 'prompt';
}

function fail(error: unknown, status: number): number {
  try {
    writeAll(2, errorMessage(error));
  } catch {
    // Nobody reads the messages either: the status still tells.
  }
  return status;
}

async function start(argv: readonly string[]): Promise<void> {
  if (argv[0] === WORKER_ARGUMENT) await (await import('./prompt-worker.ts')).promptWorker();
  else if (argv[0] === LIMITED_ARGUMENT) await (await import('./limited-worker.ts')).limitedWorker();
  else process.exitCode = await main(argv);
}

start(process.argv.slice(2)).catch((error) => {
  process.exitCode = fail(error, INTERNAL);
});
