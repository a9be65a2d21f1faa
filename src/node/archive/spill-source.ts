import type { FileSource } from '../file-source.ts';
import type { SpillFile } from './spill.ts';

/** What was unpacked to a temporary file, as a source. @param problem why it is shorter than it should be */
export function spillSource(name: string, spill: SpillFile, problem?: string): FileSource {
  return {
    name,
    size: spill.size,
    ...(problem !== undefined && { problem }),
    read: (offset, into) => spill.read(offset, into),
    close: () => spill.close(),
  };
}
