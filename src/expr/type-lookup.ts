import { NotFoundError } from '../base/errors.ts';
import type { Program } from '../program/program.ts';
import { baseName, isBaseWord } from '../types/base-name.ts';
import type { CType } from '../types/c-type.ts';
import { voidType } from '../types/simple-type.ts';
import { baseTypes } from './base-types.ts';

/** Whether a bare name is a type in C: a typedef or base type, not a tag. */
export function findBareType(prog: Program, name: string): CType | undefined {
  if (name === 'void') return voidType();
  if (isBaseWord(name)) return baseTypes(prog).find(baseName(name));
  return prog.findExactType(`typedef ${name}`) ?? prog.findModuleType(`typedef ${name}`);
}

/** A struct, union or enum by its tag; of several the definition. */
export function findTagged(prog: Program, tag: 'struct' | 'union' | 'enum', name: string): CType | undefined {
  const type = prog.findExactType(`${tag} ${name}`);
  if (type && type.resolve().kind !== 'forward') return type;
  return prog.findModuleType(`${tag} ${name}`) ?? type;
}

/** @throws NotFoundError saying whether there is type information at all */
export function missingType(prog: Program, name: string): NotFoundError {
  return new NotFoundError('type', name, prog.has('types') ? undefined : 'the dump carries no type information');
}
