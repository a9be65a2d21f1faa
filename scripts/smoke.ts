import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { machineNode } from './machine-node.ts';

/** The built program on the machine's own Node: it starts, knows its version, and reports the sample dumps as this Node does. */
const root = resolve(import.meta.dirname, '..');
const cli = join(root, 'dist/inquest.cjs');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

function run(node: string, ...args: string[]): string {
  return execFileSync(node, [cli, ...args], { cwd: root, encoding: 'utf8', timeout: 60_000 });
}

const own = machineNode();
assert.match(run(own, '--version'), new RegExp(`(^|\\s)${version.replaceAll('.', '\\.')}\\s*$`));
const samples = globSync('samples/*.vmcore', { cwd: root });
for (const sample of samples) {
  const report = run(own, 'report', sample);
  assert.notEqual(report.trim(), '', `${sample}: empty report`);
  assert.equal(run(process.execPath, 'report', sample), report, `${sample}: the report differs between Node versions`);
}
console.log(`${own} ${execFileSync(own, ['--version'], { encoding: 'utf8' }).trim()}: ${samples.length} reports`);
