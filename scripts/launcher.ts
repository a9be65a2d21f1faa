import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { compileCached } from './code-cache.ts';

/**
 * The head of dist/inquest.cjs. The program itself follows it in a comment, so that Node neither parses nor compiles it twice:
 * the launcher hands it to V8 together with the code that V8 compiled in an earlier run.
 */
declare const PROGRAM: { readonly key: string; readonly length: number };

type Main = (exports: object, require: NodeJS.Require, module: object, filename: string, dirname: string) => void;

/** Where the user's caches are; undefined when they are switched off or nowhere. */
function cacheFolder(): string | undefined {
  const { NODE_DISABLE_COMPILE_CACHE: off, XDG_CACHE_HOME: caches } = process.env;
  if (off) return undefined;
  if (caches?.startsWith('/')) return join(caches, 'inquest');
  try {
    return join(homedir(), '.cache', 'inquest');
  } catch {
    return undefined;
  }
}

const file = readFileSync(__filename, 'latin1');
const source = file.slice(-PROGRAM.length - '*/\n'.length, -'*/\n'.length);
const { script, save } = compileCached({ source, filename: __filename, key: PROGRAM.key }, cacheFolder());
process.on('exit', save);
const main = { exports: {} };
(script.runInThisContext() as Main)(main.exports, require, main, __filename, dirname(__filename));
