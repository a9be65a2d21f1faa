import { attempt } from '../base/attempt.ts';
import type { Bytes } from '../base/units.ts';
import { findStruct } from '../kernel/module-struct.ts';
import type { Program } from '../program/program.ts';
import { memberAt } from '../types/member-at.ts';
import type { ExaminedObject } from './examined-object.ts';

/** The member of an object's type that begins at an offset, as a path; undefined where the type is not known or none begins. */
export function objectMember(prog: Program, { type }: ExaminedObject, offset: Bytes): string | undefined {
  return type === undefined
    ? undefined
    : attempt(() => {
        const struct = findStruct(prog, type);
        return struct && memberAt(struct, offset);
      });
}
