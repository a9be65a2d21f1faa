import { AnalysisError } from '../../base/errors.ts';
import type { NextStep } from '../../report/next-step.ts';
import { stepMakers } from './index.ts';
import type { StepFacts } from './step-facts.ts';

/** What to do next, each step once. A step whose facts the dump lacks is left out. */
export function nextSteps(facts: StepFacts): NextStep[] {
  const steps = new Map<string, NextStep>();
  for (const make of stepMakers) {
    try {
      for (const step of make(facts)) if (!steps.has(step.id)) steps.set(step.id, step);
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
    }
  }
  return [...steps.values()];
}
