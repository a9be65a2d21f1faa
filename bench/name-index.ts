import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { architectures } from '../src/arch/index.ts';
import { openDebugFile } from '../src/debug/dwarf/debug-file.ts';
import { NameIndex } from '../src/debug/dwarf/name-index.ts';
import { nodeCodecs } from '../src/node/codecs.ts';
import { fileCache } from '../src/node/debug-cache.ts';
import { openFileSource } from '../src/node/file-source.ts';
import { median } from './measure.ts';
import { options, vmlinux } from './race.ts';

/**
 * The index of all names of a vmlinux: the full pass over its .debug_info, and the same question answered from what that
 * pass left in the cache. Each measurement is a process of its own, so that nothing is warm but the page cache; the time
 * counted is that of the question alone.
 */
const CHILD = 'INQUEST_BENCH_CACHE';
/** The size of .debug_info that the budget of the full pass is stated for. */
const BUDGET_BYTES = 164_000_000;
const STRUCT = 0x13;

interface Measured {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly infoBytes: number;
  readonly names: number;
  readonly found: boolean;
}

function question(path: string, cache: string, name: string): Measured {
  const source = openFileSource(path);
  const file = openDebugFile(source, nodeCodecs(), architectures, { cache: fileCache(cache) });
  const infoBytes = file.dwarf.section('.debug_info').size;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const index = new NameIndex(file.dwarf);
  const found = index.find([STRUCT], [name]) !== undefined;
  const wallMs = performance.now() - start;
  const used = process.cpuUsage(cpu);
  source.close();
  return { cpuMs: (used.user + used.system) / 1000, wallMs, infoBytes, names: index.size, found };
}

function inOwnProcess(path: string, cache: string, name: string): Measured {
  const script = import.meta.filename;
  const child = spawnSync(process.execPath, [script, '--vmlinux', path, '--dump', name], {
    env: { ...process.env, [CHILD]: cache },
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout) as Measured;
}

function measure(path: string): void {
  const cache = mkdtempSync(join(tmpdir(), 'inquest-bench-'));
  try {
    const passes: Measured[] = [];
    const loads: Measured[] = [];
    inOwnProcess(path, join(cache, 'warm'), 'no such name');
    for (let round = 0; round < Number(options.rounds); round++) {
      const own = join(cache, `${round}`);
      passes.push(inOwnProcess(path, own, 'no such name'));
      loads.push(inOwnProcess(path, own, 'task_struct'));
    }
    const [pass] = passes;
    if (!pass || pass.found || !loads.every((l) => l.found && l.names === pass.names)) throw new Error('wrong answers');
    const cpu = median(passes.map((m) => m.cpuMs));
    const scaled = (cpu * BUDGET_BYTES) / pass.infoBytes;
    console.log(`\n${path}\n  ${pass.names} names in ${(pass.infoBytes / 1e6).toFixed(0)} MB of .debug_info`);
    console.log(`  full pass   cpu ${cpu.toFixed(0)} ms (${scaled.toFixed(0)} ms for 164 MB)`);
    const load = median(loads.map((m) => m.cpuMs));
    console.log(`  from cache  cpu ${load.toFixed(1)} ms, wall ${median(loads.map((m) => m.wallMs)).toFixed(1)} ms`);
  } finally {
    rmSync(cache, { recursive: true });
  }
}

const cache = process.env[CHILD];
if (cache !== undefined) console.log(JSON.stringify(question(vmlinux, cache, options.dump)));
else if (!existsSync(vmlinux) || !statSync(vmlinux).isFile())
  console.log('no vmlinux; npm run lab -- peers fetches it');
else measure(vmlinux);
