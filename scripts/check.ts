import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';

/** The single gate: every step prints one line with its seconds; a failing step prints its whole output too. */
interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const root = resolve(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules/.bin', name);
const script = (name: string, ...args: string[]): Step['command'] => [process.execPath, `scripts/${name}.ts`, ...args];

const build: Step = { name: 'build', command: script('build') };

const independent: readonly Step[] = [
  { name: 'format, lint', command: [bin('biome'), 'check', '--error-on-warnings', '--max-diagnostics=50', '.'] },
  { name: 'types: core without a host', command: [bin('tsc'), '-p', 'tsconfig.core.json'] },
  { name: 'types: shipped code on Node 20', command: [bin('tsc'), '-p', 'tsconfig.host.json'] },
  { name: 'types: everything', command: [bin('tsc'), '-p', 'tsconfig.json'] },
  { name: 'layers', command: script('check-layers') },
  { name: 'unused code', command: [bin('knip'), '--no-progress'] },
  { name: 'lockfile', command: script('lockfile', '--check') },
  { name: 'generated docs', command: script('gen-docs', '--check') },
];

const afterBuild: readonly Step[] = [
  { name: 'package', command: [bin('publint'), '--strict'] },
  { name: "smoke on the machine's Node", command: script('smoke') },
];

const tests: Step = { name: 'tests', command: script('test') };

const failed: string[] = [];

async function run(step: Step): Promise<boolean> {
  const start = performance.now();
  const [command, ...args] = step.command;
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
    });
  }
  const status = await new Promise<string>((done) => {
    child.on('error', (error) => done(error.message));
    child.on('close', (code, signal) => done(code === 0 ? '' : `${signal ?? `exit status ${code}`}`));
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(6);
  const ok = status === '';
  const counts = step === tests && ok ? `  ${/^\S+ (tests \d+)$/m.exec(output)?.[1] ?? ''}` : '';
  console.log(
    `${ok ? 'ok  ' : 'FAIL'} ${seconds} s  ${step.name}${counts}${ok ? '' : `: ${status}\n${output.trimEnd()}`}`,
  );
  if (!ok) failed.push(step.name);
  return ok;
}

async function runAll(steps: readonly Step[]): Promise<void> {
  const waiting = [...steps];
  const worker = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) await run(step);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

const present = (step: Step) => step.command[0] !== process.execPath || existsSync(join(root, step.command[1] ?? ''));

await runAll(independent.filter(present));
if (await run(build)) await runAll(afterBuild);
await run(tests);
console.log(failed.length === 0 ? 'check passed' : `check failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
