import { perOwner } from '../base/lazy.ts';
import { type OomReport, oomReports } from '../oops/oom-report.ts';
import type { Program } from '../program/program.ts';
import { logRecords } from './printk.ts';

/** What the OOM killer wrote into the log of a dump, call by call. */
export const oomLog = perOwner((prog: Program): readonly OomReport[] =>
  oomReports(logRecords(prog).records.flatMap((r) => r.text.split('\n'))),
);
