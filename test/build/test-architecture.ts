import type { Architecture } from '../../src/program/ports.ts';

/** A CPU of which a test needs no more than its word size and byte order, and what it gives besides. */
export function testArchitecture(more: Partial<Architecture> = {}): Architecture {
  return {
    name: 'test',
    elfMachine: 0,
    pointerSize: 8,
    littleEndian: true,
    registers: [],
    recognise: () => true,
    kernelMap: () => {
      throw new Error('not used');
    },
    ...more,
  };
}
