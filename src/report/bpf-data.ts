import type { NamedValue } from '../expr/index.ts';
import { type ProblemData, problemsSchema } from './problems.ts';
import { arrayOf, boolean, hexString, integer, nullable, object, optional, type Schema, string } from './schema.ts';
import { valueSchema } from './value-schema.ts';

/** A structure as JSON and as the lines of it. */
export interface StructureData {
  readonly type: string;
  readonly value: readonly NamedValue[];
  readonly lines: readonly string[];
}

export interface ByteCodeData {
  readonly index: number;
  readonly bytes: string;
  readonly text: string;
}

export interface MachineCodeData {
  readonly address: string;
  readonly text: string;
}

export interface ProgramData {
  readonly id: number;
  readonly address: string;
  readonly aux: string;
  readonly type: string;
  readonly tag: string;
  readonly usedMaps: readonly number[];
  readonly name: string;
  readonly translatedBytes: number;
  readonly jitedBytes: number;
  readonly memoryBytes: number | null;
  readonly loadTime: string | null;
  readonly gplCompatible: boolean;
  readonly uid: number | null;
  readonly byteCode?: readonly ByteCodeData[];
  readonly machineCode?: readonly MachineCodeData[];
  readonly structures?: readonly StructureData[];
}

export interface MapData {
  readonly id: number;
  readonly address: string;
  readonly type: string;
  readonly flags: number;
  readonly name: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly memoryBytes: number;
  readonly uid: number | null;
  readonly structures?: readonly StructureData[];
}

export interface BpfData {
  readonly programs?: readonly ProgramData[];
  readonly maps?: readonly MapData[];
  /** Columns of the widest type of map, as crash counts them. */
  readonly mapTypeWidth: number;
  readonly problems?: readonly ProblemData[];
}

const structuresSchema = optional(
  arrayOf(
    'With -s: the structures.',
    object('One.', {
      type: string('`bpf_prog`, `bpf_prog_aux` or `bpf_map`.'),
      value: arrayOf(
        'The structure.',
        object('Its value.', { name: string('Empty: the whole structure.'), value: valueSchema }),
      ),
      lines: arrayOf('As text.', string('A line.')),
    }),
  ),
);

/** Shape of `BpfData`. */
export const bpfSchema: Schema = object('eBPF.', {
  programs: optional(
    arrayOf(
      'By id.',
      object('`struct bpf_prog`.', {
        id: integer('Its id.'),
        address: hexString('Where it is.'),
        aux: hexString('`struct bpf_prog_aux`.'),
        type: string('Of `enum bpf_prog_type`, without its prefix.'),
        tag: string('Sixteen hexadecimal digits: a hash of the bytecode.'),
        usedMaps: arrayOf('Its maps.', integer('Id of a map.')),
        name: string('Empty for none.'),
        translatedBytes: integer('Bytes of bytecode.'),
        jitedBytes: integer('Bytes of machine code.'),
        memoryBytes: nullable(integer('Memory of the program.')),
        loadTime: nullable(string('When it was loaded, UTC.')),
        gplCompatible: boolean('It says that its licence is compatible with the GPL.'),
        uid: nullable(integer('Who loaded it.')),
        byteCode: optional(
          arrayOf(
            'With -t and -T.',
            object('An instruction.', {
              index: integer('In slots of eight bytes.'),
              bytes: string('Two digits a byte.'),
              text: string('As the verifier writes it.'),
            }),
          ),
        ),
        machineCode: optional(
          arrayOf(
            'With -j.',
            object('An instruction.', { address: hexString('Where it is.'), text: string('With symbols.') }),
          ),
        ),
        structures: structuresSchema,
      }),
    ),
  ),
  maps: optional(
    arrayOf(
      'By id.',
      object('`struct bpf_map`.', {
        id: integer('Its id.'),
        address: hexString('Where it is.'),
        type: string('Of `enum bpf_map_type`, without its prefix.'),
        flags: integer('`map_flags`.'),
        name: string('Empty for none.'),
        keySize: integer('Bytes of a key.'),
        valueSize: integer('Bytes of a value.'),
        maxEntries: integer('Most entries.'),
        memoryBytes: integer('Memory that it takes: what the kernel accounts, or what it estimates.'),
        uid: nullable(integer('Who made it, where the kernel keeps that.')),
        structures: structuresSchema,
      }),
    ),
  ),
  mapTypeWidth: integer('Width of the column of types of maps.'),
  problems: optional(problemsSchema),
});
