import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextSteps } from '../../src/diagnosis/next-steps/next-steps.ts';
import { installed } from '../build/debian-package.ts';
import { madeUpFacts, madeUpFinding } from '../build/made-up-facts.ts';

/**
 * Every bpftrace program that a next step may hold is given to bpftrace, which parses it, types it with the BTF of the
 * running kernel and compiles it, but attaches nothing (`-d`). Needs root, as bpftrace always does.
 */
const CACHES = ['ext4_inode_cache', 'kmalloc-256', 'dentry'];

function programs(): Map<string, string> {
  const found = new Map<string, string>();
  for (const cache of CACHES) {
    const findings = ['slab.double-free', 'wait.deadlock'].map((rule) => ({ ...madeUpFinding({ cache }), rule }));
    for (const step of nextSteps(madeUpFacts({ findings }))) {
      for (const { place, text } of step.texts) if (place === 'bpftrace') found.set(text, `${step.id} (${cache})`);
    }
  }
  return found;
}

/** What bpftrace says against a program; empty when it takes it. */
function refusal(program: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'inquest-bpftrace-'));
  try {
    const file = join(dir, 'program.bt');
    writeFileSync(file, program);
    const { status, stderr, error } = spawnSync('bpftrace', ['-d', file], { encoding: 'utf8', timeout: 120_000 });
    return status === 0 ? '' : (error?.message ?? stderr.trim()) || `exit status ${status}`;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

installed('bpftrace', 'bpftrace');
if (refusal('kprobe:f { this is no program }') === '') throw new Error('bpftrace takes what is no program');
const all = programs();
if (all.size < 4) throw new Error(`only ${all.size} programs were found`);
for (const [program, name] of all) {
  const why = refusal(program);
  console.log(`${why === '' ? 'ok  ' : 'FAIL'} ${name}${why === '' ? '' : `: ${why}\n${program}`}`);
  if (why !== '') process.exitCode = 1;
}
