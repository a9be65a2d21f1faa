import { BadDataError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import { cString } from '../../base/text.ts';
import type { Bytes } from '../../base/units.ts';
import type { Dwarf } from './dwarf.ts';
import { DW_FORM, formStep, STEP } from './forms.ts';
import { Leb128 } from './leb128.ts';

const MAX_PROGRAM = 0x4000000;
const MAX_FILES = 0x40000;
/** Contents of the tables of DWARF 5: path, directory index; MD5 and the rest are stepped over. */
const DW_LNCT_path = 1;
const DW_LNCT_directory_index = 2;

/** Header of a line program with the bytes of it. Source: DWARF 5, 6.2.4; DWARF 2 to 4 likewise. */
export interface LineHeader {
  readonly version: number;
  /** From the unit length on. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offsetSize: 4 | 8;
  readonly addressSize: number;
  readonly minInstruction: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** Number of operands of each standard opcode, from 1. */
  readonly operands: Uint8Array;
  /** Where the directories begin, and the program, in `bytes`. */
  readonly tables: Bytes;
  readonly program: Bytes;
  /** Section, and offset of `bytes` in it, for messages. */
  readonly source: string;
  readonly offset: Bytes;
}

/** The header of the line program at `offset` of .debug_line. @throws AnalysisError */
export function readLineHeader(dwarf: Dwarf, offset: Bytes, unitAddressSize: number): LineHeader {
  const section = dwarf.section('.debug_line');
  const le = dwarf.littleEndian;
  const bad = (what: string): BadDataError => new BadDataError(section.source, offset, `line program: ${what}`);
  const start = section.bytes(offset, Math.min(12, Math.max(4, section.size - offset)), 'line program');
  const first = new DataView(start.buffer);
  const wide = first.getUint32(0, le) === 0xffffffff;
  if (wide && start.length < 12) throw bad('ends in its length');
  const prefix = wide ? 12 : 4;
  const length = wide ? Number(first.getBigUint64(4, le)) : first.getUint32(0, le);
  if (length > MAX_PROGRAM) throw bad(`length ${hex(length)} exceeds ${hex(MAX_PROGRAM)}`);
  const bytes = section.bytes(offset, prefix + length, 'line program');
  if (bytes.length < prefix + 20) throw bad(`${length} bytes are too few`);
  const view = new DataView(bytes.buffer);
  const version = view.getUint16(prefix, le);
  if (version < 2 || version > 5) throw bad(`version ${version} is none of 2 to 5`);
  let at = prefix + 2;
  let addressSize = unitAddressSize;
  if (version >= 5) {
    addressSize = bytes[at] as number;
    at += 2;
  }
  const headerLength = wide ? Number(view.getBigUint64(at, le)) : view.getUint32(at, le);
  at += wide ? 8 : 4;
  const program = at + headerLength;
  const minInstruction = bytes[at++] as number;
  if (version >= 4) at++; // maximum_operations_per_instruction: no CPU of the kernel packs them
  at++; // default_is_stmt
  const lineBase = view.getInt8(at++);
  const lineRange = bytes[at++] as number;
  const opcodeBase = bytes[at++] as number;
  const operands = bytes.subarray(at - 1, at - 1 + Math.max(1, opcodeBase));
  const tables = at - 1 + Math.max(1, opcodeBase);
  if (program > bytes.length || tables > program) throw bad(`header of ${headerLength} bytes exceeds the program`);
  if (lineRange === 0) throw bad('line_range is 0');
  return {
    version,
    bytes,
    view,
    offsetSize: wide ? 8 : 4,
    addressSize,
    minInstruction,
    lineBase,
    lineRange,
    opcodeBase,
    operands,
    tables,
    program,
    source: section.source,
    offset,
  };
}

/** The names of a line program's tables; each is read when it is asked for. */
export interface LineFiles {
  readonly directories: NameColumn;
  readonly names: NameColumn;
  /** Index of each file's directory. */
  readonly of: readonly number[];
  /** DWARF 5 counts both from 0, and 0 are the unit's own; before, files count from 1 and directory 0 is the unit's. */
  readonly fromZero: boolean;
}

/** @throws AnalysisError when the tables are damaged */
export function readLineFiles(dwarf: Dwarf, header: LineHeader): LineFiles {
  return header.version >= 5 ? new Tables(dwarf, header).read() : oldTables(dwarf, header);
}

/** Where the names of a table are, and in what form. */
class NameColumn {
  readonly #dwarf: Dwarf;
  readonly #header: LineHeader;
  readonly #at: number[] = [];
  readonly #forms: number[] = [];

  constructor(dwarf: Dwarf, header: LineHeader) {
    this.#dwarf = dwarf;
    this.#header = header;
  }

  add(at: Bytes, form: number): void {
    this.#at.push(at);
    this.#forms.push(form);
  }

  get length(): number {
    return this.#at.length;
  }

  /** Name `i`; undefined when the table has no such entry. */
  get(i: number): string | undefined {
    const at = this.#at[i];
    if (at === undefined) return undefined;
    const { bytes, view, offsetSize, program } = this.#header;
    const form = this.#forms[i];
    if (form === DW_FORM.string) return cString(bytes, at, program);
    if (form === 0) return '';
    const le = this.#dwarf.littleEndian;
    const offset = offsetSize === 4 ? view.getUint32(at, le) : Number(view.getBigUint64(at, le));
    if (form === DW_FORM.line_strp) return this.#dwarf.lineString(offset);
    if (form === DW_FORM.strp) return this.#dwarf.string(offset);
    return form === DW_FORM.strp_sup || form === DW_FORM.GNU_strp_alt ? this.#dwarf.alt?.string(offset) : '';
  }
}

function oldTables(dwarf: Dwarf, header: LineHeader): LineFiles {
  const { bytes, program } = header;
  const leb = new Leb128();
  const directories = new NameColumn(dwarf, header);
  const names = new NameColumn(dwarf, header);
  const of: number[] = [];
  let at = header.tables;
  const add = (column: NameColumn): void => {
    column.add(at, DW_FORM.string);
    const nul = bytes.indexOf(0, at);
    at = nul < 0 ? program : nul + 1;
  };
  while (at < program && bytes[at] !== 0 && directories.length < MAX_FILES) add(directories);
  at++;
  while (at < program && bytes[at] !== 0 && names.length < MAX_FILES) {
    add(names);
    of.push(leb.unsigned(bytes, at));
    leb.unsigned(bytes, leb.at); // time
    leb.unsigned(bytes, leb.at); // size
    at = leb.at;
  }
  return { directories, names, of, fromZero: false };
}

/** Directory and file tables of DWARF 5, whose columns are described in front of them. */
class Tables {
  readonly #dwarf: Dwarf;
  readonly #header: LineHeader;
  readonly #leb = new Leb128();
  #at: Bytes;

  constructor(dwarf: Dwarf, header: LineHeader) {
    this.#dwarf = dwarf;
    this.#header = header;
    this.#at = header.tables;
  }

  read(): LineFiles {
    const directories = this.#table().names;
    return { directories, ...this.#table(), fromZero: true };
  }

  #bad(what: string): BadDataError {
    return new BadDataError(this.#header.source, this.#header.offset + this.#at, `file table: ${what}`);
  }

  #unsigned(): number {
    const value = this.#leb.unsigned(this.#header.bytes, this.#at);
    this.#at = this.#leb.at;
    if (this.#at > this.#header.program) throw this.#bad('exceeds the header');
    return value;
  }

  #table(): { names: NameColumn; of: number[] } {
    const columns = this.#header.bytes[this.#at++] as number;
    const format: number[] = [];
    for (let i = 0; i < 2 * columns; i++) format.push(this.#unsigned());
    const count = this.#unsigned();
    if (count > MAX_FILES) throw this.#bad(`${count} entries exceed ${MAX_FILES}`);
    const names = new NameColumn(this.#dwarf, this.#header);
    const of: number[] = [];
    for (let i = 0; i < count && columns > 0; i++) {
      let directory = 0;
      let at = 0;
      let form = 0;
      for (let c = 0; c < format.length; c += 2) {
        if (format[c] === DW_LNCT_path) {
          at = this.#at;
          form = format[c + 1] as number;
        } else if (format[c] === DW_LNCT_directory_index) {
          directory = this.#number(format[c + 1] as number);
          continue;
        }
        this.#skip(format[c + 1] as number);
      }
      names.add(at, form);
      of.push(directory);
    }
    return { names, of };
  }

  #number(form: number): number {
    const at = this.#at;
    if (form === DW_FORM.udata) return this.#unsigned();
    this.#skip(form);
    const { view, bytes } = this.#header;
    if (form === DW_FORM.data1) return bytes[at] as number;
    return form === DW_FORM.data2 ? view.getUint16(at, this.#dwarf.littleEndian) : 0;
  }

  #skip(form: number): void {
    const { bytes, offsetSize, addressSize, program } = this.#header;
    const step = formStep(form, 5, addressSize, offsetSize);
    if (step <= 16) this.#at += step;
    else if (step === STEP.leb) this.#unsigned();
    else if (step === STEP.block) {
      const size = this.#unsigned();
      this.#at += size;
    } else if (step === STEP.block1) this.#at += 1 + (bytes[this.#at] as number);
    else if (step === STEP.string) this.#at = bytes.indexOf(0, this.#at) + 1 || program + 1;
    else throw this.#bad(`form 0x${form.toString(16)}`);
    if (!(this.#at <= program)) throw this.#bad('exceeds the header');
  }
}
