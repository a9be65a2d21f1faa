import type { DumpFormat } from '../program/ports.ts';
import { avml } from './avml.ts';
import { elfCore } from './elf-core.ts';
import { flattened } from './flattened.ts';
import { kdump } from './kdump.ts';
import { lime } from './lime.ts';
import { rawMemory } from './raw-memory.ts';
import { vmware } from './vmware.ts';

/**
 * Every dump format that is known, in the order in which they are asked; a new one is a file here and a line in this list.
 * Raw memory has no magic and is searched, so it is last.
 */
export const dumpFormats: readonly DumpFormat[] = [
  kdump,
  elfCore,
  flattened([kdump, elfCore]),
  lime,
  avml,
  vmware,
  rawMemory,
];
