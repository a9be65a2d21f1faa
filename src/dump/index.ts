import type { DumpFormat } from '../program/ports.ts';
import { elfCore } from './elf-core.ts';
import { flattened } from './flattened.ts';
import { kdump } from './kdump.ts';

/** Every dump format that is known; a new one is a file here and a line in this list. */
export const dumpFormats: readonly DumpFormat[] = [kdump, elfCore, flattened([kdump, elfCore])];
