import type { memoryInfo } from '../kernel/meminfo.ts';
import type { SystemFacts } from '../kernel/system.ts';
import type { CrashReport } from '../report/crash-report.ts';

/** The machine. */
export function systemPart(facts: SystemFacts): CrashReport['system'] {
  return {
    release: facts.release ?? null,
    version: facts.version ?? null,
    machine: facts.machine ?? null,
    nodename: facts.nodename ?? null,
    hardware: facts.hostHardware ?? null,
    cpus: facts.cpusPresent ?? null,
    memoryBytes: facts.memoryBytes ?? null,
    dateSeconds: facts.date ?? null,
    uptimeSeconds: facts.uptimeSeconds ?? null,
    loadAverage: facts.loadAverage ?? null,
    tainted: facts.tainted?.letters ?? null,
    commandLine: facts.commandLine ?? null,
  };
}

/** What of /proc/meminfo a first look needs. */
export function memoryPart(memory: ReturnType<typeof memoryInfo>): Record<string, number> {
  const shown = {
    MemTotal: memory.totalKiB,
    MemFree: memory.freeKiB,
    MemAvailable: memory.availableKiB,
    Cached: memory.cachedKiB,
    Slab: memory.slabKiB,
    AnonPages: memory.anonPagesKiB,
    SwapTotal: memory.swapTotalKiB,
    SwapFree: memory.swapFreeKiB,
  };
  const known: Record<string, number> = {};
  for (const [name, value] of Object.entries(shown)) if (value !== undefined) known[name] = value;
  return known;
}
