import type { InstructionSetName } from '../program/instruction.ts';
import { arm64Machine } from './arm64.ts';
import type { Machine } from './machine.ts';
import { ppc64Machine } from './ppc64.ts';
import { x86Machine } from './x86-64.ts';

/** The instruction sets through which values are followed. */
export const machines: Readonly<Partial<Record<InstructionSetName, Machine>>> = {
  'x86-64': x86Machine,
  arm64: arm64Machine,
  ppc64le: ppc64Machine,
};
