import { perOwner } from '../base/lazy.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { floatType, intType, pointerTo } from '../types/simple-type.ts';

/** Base types of C that need no debug information: name to size of 64-bit and 32-bit kernels, and signedness. */
const INTS: Readonly<Record<string, readonly [wide: number, narrow: number, signed: boolean]>> = {
  char: [1, 1, true],
  'signed char': [1, 1, true],
  'unsigned char': [1, 1, false],
  short: [2, 2, true],
  'unsigned short': [2, 2, false],
  int: [4, 4, true],
  'unsigned int': [4, 4, false],
  long: [8, 4, true],
  'unsigned long': [8, 4, false],
  'long long': [8, 8, true],
  'unsigned long long': [8, 8, false],
  __int128: [16, 16, true],
  'unsigned __int128': [16, 16, false],
  _Bool: [1, 1, false],
};

/** The base types of a kernel; made once, so that equal ones are the same object. */
export class BaseTypes {
  readonly #pointerSize: number;
  readonly #made = new Map<string, CType>();

  constructor(pointerSize: number) {
    this.#pointerSize = pointerSize;
  }

  /** A base type by its canonical name, `unsigned long`; undefined for any other name. */
  find(name: string): CType | undefined {
    const known = this.#made.get(name);
    if (known) return known;
    const sizes = INTS[name];
    let type: CType | undefined;
    if (sizes) type = intType(name, this.#pointerSize === 8 ? sizes[0] : sizes[1], sizes[2]);
    else if (name === 'double' || name === 'long double') type = floatType(name, 8);
    else if (name === 'float') type = floatType(name, 4);
    if (type) this.#made.set(name, type);
    return type;
  }

  /** @param name one of the names that `find` knows */
  get(name: string): CType {
    return this.find(name) as CType;
  }

  pointer(target: CType): CType {
    return pointerTo(target, this.#pointerSize);
  }
}

export const baseTypes: (prog: Program) => BaseTypes = perOwner((prog: Program) => new BaseTypes(prog.pointerSize));
