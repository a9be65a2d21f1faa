import type { PhysicalMemory } from '../memory/physical.ts';
import type { DumpImage } from '../program/ports.ts';

/** An image that holds memory and says nothing about it. */
export function ramImage(format: string, memory: PhysicalMemory, problems: readonly string[]): DumpImage {
  return { format, memory, header: {}, cpuNotes: [], virtualSegments: [], codecs: [], problems };
}
