import { attempt } from '../../base/attempt.ts';
import { kernelConfig } from '../../kernel/ikconfig.ts';
import { findSlabCache } from '../../kernel/slab-cache.ts';
import { slabUsage } from '../../kernel/slab-usage.ts';
import type { Program } from '../../program/program.ts';
import type { CrashReport } from '../../report/crash-report.ts';
import type { RankedFinding } from '../../report/finding-data.ts';
import type { NextStep } from '../../report/next-step.ts';
import { accusingFindings } from '../rank-findings.ts';

/** How much of a slab cache there is. */
export interface CacheFacts {
  readonly objects: number;
  /** Bytes from one object to the next now. */
  readonly size: number;
  /** Bytes of one record of who allocated or freed; undefined when the type is not known. */
  readonly trackSize: number | undefined;
}

/** What steps are made from. Each question is answered when a step asks it. */
export interface StepFacts {
  readonly report: CrashReport;
  /** Findings that accuse: causes and suspects, the first one first. */
  readonly accusing: readonly RankedFinding[];
  /** Of a slab cache by its name. */
  cache(name: string): CacheFacts | undefined;
  /** Value of a configuration option: `y`, `m`, a text; `n` when it is not set, undefined when it is not known. */
  config(option: string): string | undefined;
  /** Bytes that the kernel keeps for each page to know its owner; undefined when the type is not known. */
  readonly pageOwnerSize: number | undefined;
}

/** What caches and modules are called. A name from a damaged dump that is none must not get into a text that is meant to be typed. */
export const SAFE_NAME = /^[\w.:-]{1,64}$/;

/** Names that only a kernel with an option has: its configuration is rarely in memory. Any of them tells. */
const SIGNS: Readonly<Record<string, readonly string[]>> = {
  CONFIG_KASAN: ['kasan_report'],
  CONFIG_KASAN_GENERIC: ['kasan_quarantine_reduce', 'quarantine_reduce'],
  CONFIG_LOCKDEP: ['lock_acquire', 'lockdep_init_map_type'],
};

/** Makes steps, or none, from the facts. */
export type StepMaker = (facts: StepFacts) => Iterable<NextStep>;

/** The facts for steps, from a report and the dump that it was made from. */
export function stepFacts(prog: Program, report: CrashReport): StepFacts {
  let lines: readonly string[] | undefined;
  const sizeOf = (type: string): number | undefined => attempt(() => prog.type(type).size);
  return {
    report,
    accusing: accusingFindings(report.findings),
    cache(name) {
      const cache = attempt(() => findSlabCache(prog, name));
      const usage = cache && attempt(() => slabUsage(prog, cache));
      return usage && { objects: usage.total, size: usage.cache.size, trackSize: sizeOf('track') };
    },
    config(option) {
      lines ??= attempt(() => kernelConfig(prog)) ?? [];
      if (lines.length === 0)
        return SIGNS[option]?.some((name) => attempt(() => prog.findSymbol(name))) ? 'y' : undefined;
      const line = lines.find((l) => l.startsWith(`${option}=`));
      return line === undefined ? 'n' : line.slice(option.length + 1);
    },
    get pageOwnerSize() {
      return sizeOf('page_owner');
    },
  };
}

/** Whether one of the accusing findings is of such a rule. */
export function accuses(facts: StepFacts, rule: RegExp): RankedFinding | undefined {
  return facts.accusing.find((f) => rule.test(f.rule));
}

/** The value of a parameter on the kernel's command line; empty for one without a value, undefined when it is not there. */
export function bootParameter(facts: StepFacts, name: string): string | undefined {
  const words = (facts.report.system.commandLine ?? '').match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  const found = words.findLast((w) => w === name || w.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}
