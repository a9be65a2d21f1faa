import { faultSection } from './fault-section.ts';
import { findingsSection } from './findings-section.ts';
import { logSection } from './log-section.ts';
import { machineSection, missingSection, modulesSection } from './machine-section.ts';
import { memorySection } from './memory-section.ts';
import { objectsSection } from './objects-section.ts';
import { stackSection } from './stack-section.ts';
import { stepsSection } from './steps-section.ts';
import { storageSection } from './storage-section.ts';
import { tasksSection } from './tasks-section.ts';
import type { Section } from './view.ts';
import { waitSection } from './wait-section.ts';

/** The parts of the page behind the first one, in their order. */
export const sections: readonly Section[] = [
  findingsSection,
  stepsSection,
  faultSection,
  objectsSection,
  stackSection,
  waitSection,
  logSection,
  memorySection,
  storageSection,
  tasksSection,
  modulesSection,
  machineSection,
  missingSection,
];
