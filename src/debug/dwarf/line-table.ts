import type { Bytes } from '../../base/units.ts';
import type { Dwarf } from './dwarf.ts';
import { Leb128 } from './leb128.ts';
import { type LineFiles, type LineHeader, readLineFiles, readLineHeader } from './line-header.ts';

/** Rows that are kept of one program. */
const MAX_ROWS = 0x400000;

/** A place in the source. */
export interface LineRow {
  readonly file: number;
  readonly line: number;
  readonly column: number;
}

/** The rows of a line program, in its order, as columns (DWARF 5, 6.2.2). */
export class LineTable {
  readonly #dwarf: Dwarf;
  readonly #header: LineHeader;
  #places: Float64Array<ArrayBuffer>;
  #lines: Uint32Array<ArrayBuffer>;
  #files: Uint32Array<ArrayBuffer>;
  #columns: Uint16Array<ArrayBuffer>;
  #count = 0;
  /** First row, and row behind the last one, of each sequence; the last one is its end. */
  readonly #sequences: number[] = [];
  #names: LineFiles | undefined;

  /** @throws AnalysisError when the header is damaged; rows behind damage are missing */
  constructor(dwarf: Dwarf, offset: Bytes, addressSize: number) {
    this.#dwarf = dwarf;
    this.#header = readLineHeader(dwarf, offset, addressSize);
    const { bytes, program } = this.#header;
    // A row takes at least a byte of the program; memory that is not touched costs little.
    const room = Math.min(MAX_ROWS, bytes.length - program + 1);
    this.#places = new Float64Array(room);
    this.#lines = new Uint32Array(room);
    this.#files = new Uint32Array(room);
    this.#columns = new Uint16Array(room);
    this.#run();
    this.#order();
  }

  /** The row that covers `place`: the last one at or before it. */
  find(place: number): LineRow | undefined {
    const s = this.#sequences;
    for (let i = 0; i < s.length; i += 2) {
      const first = s[i] as number;
      const last = (s[i + 1] as number) - 1;
      if (place < (this.#places[first] as number) || place >= (this.#places[last] as number)) continue;
      let low = first;
      let high = last - 1;
      while (low < high) {
        const mid = (low + high + 1) >>> 1;
        if ((this.#places[mid] as number) <= place) low = mid;
        else high = mid - 1;
      }
      return this.row(low);
    }
    return undefined;
  }

  get rowCount(): number {
    return this.#count;
  }

  row(i: number): LineRow {
    return {
      file: this.#files[i] as number,
      line: this.#lines[i] as number,
      column: this.#columns[i] as number,
    };
  }

  /** Place of row `i`. */
  placeOf(i: number): number {
    return this.#places[i] as number;
  }

  /** Path of file `index`, its directory and the unit's joined; empty when there is no such file. */
  file(index: number, unitDirectory: string): string {
    this.#names ??= readLineFiles(this.#dwarf, this.#header);
    const { names, of, directories, fromZero } = this.#names;
    const i = fromZero ? index : index - 1;
    const name = names.get(i);
    if (name === undefined || name === '') return '';
    const directory = of[i] as number;
    if (fromZero) {
      const path = joinPath(directories.get(directory) ?? '', name);
      return directory === 0 ? path : joinPath(directories.get(0) ?? unitDirectory, path);
    }
    return joinPath(unitDirectory, joinPath(directory === 0 ? '' : (directories.get(directory - 1) ?? ''), name));
  }

  // ---- the program

  #run(): void {
    const { bytes, view, program, minInstruction, lineBase, lineRange, opcodeBase, operands, addressSize } =
      this.#header;
    const leb = new Leb128();
    const room = this.#places.length;
    const end = bytes.length;
    const le = this.#dwarf.littleEndian;
    const constAdd = Math.floor((255 - opcodeBase) / lineRange) * minInstruction;
    let place = this.#dwarf.zero;
    let line = 1;
    let file = 1;
    let column = 0;
    let first = this.#count;
    for (let at = program; at < end && this.#count < room; ) {
      const op = bytes[at++] as number;
      if (op >= opcodeBase) {
        const adjusted = op - opcodeBase;
        const advance = (adjusted / lineRange) | 0;
        place += advance * minInstruction;
        line += lineBase + adjusted - advance * lineRange;
        this.#add(place, file, line, column);
        continue;
      }
      switch (op) {
        case 0: {
          const size = leb.unsigned(bytes, at);
          at = leb.at;
          if (size === 0) break;
          if (at + size > end) return;
          const kind = bytes[at];
          if (kind === 1) {
            this.#add(place, file, line, column);
            this.#endSequence(first);
            first = this.#count;
            place = this.#dwarf.zero;
            line = 1;
            file = 1;
            column = 0;
          } else if (kind === 2 && size > addressSize) place = this.#dwarf.readPlace(view, at + 1, addressSize);
          at += size;
          break;
        }
        case 1:
          this.#add(place, file, line, column);
          break;
        case 2:
          place += leb.unsigned(bytes, at) * minInstruction;
          at = leb.at;
          break;
        case 3:
          line += leb.signed(bytes, at);
          at = leb.at;
          break;
        case 4:
          file = leb.unsigned(bytes, at);
          at = leb.at;
          break;
        case 5:
          column = leb.unsigned(bytes, at);
          at = leb.at;
          break;
        case 6:
        case 7:
        case 10:
        case 11:
          break;
        case 8:
          place += constAdd;
          break;
        case 9:
          if (at + 2 > end) return;
          place += view.getUint16(at, le);
          at += 2;
          break;
        default:
          for (let n = operands[op] as number; n > 0; n--) {
            leb.unsigned(bytes, at);
            at = leb.at;
          }
      }
    }
  }

  #add(place: number, file: number, line: number, column: number): void {
    const i = this.#count++;
    this.#places[i] = place;
    this.#files[i] = file;
    this.#lines[i] = line;
    this.#columns[i] = column;
  }

  /** Keeps rows `first` and on as a sequence, unless the linker dropped the code (address 0) or there is none. */
  #endSequence(first: number): void {
    if (this.#count - first >= 2 && this.#places[first] !== this.#dwarf.zero) {
      this.#sequences.push(first, this.#count);
    } else {
      this.#count = first;
    }
  }

  /** Rows of a sequence ascend; where a damaged or hand-written program's do not, they are sorted. */
  #order(): void {
    const s = this.#sequences;
    for (let i = 0; i < s.length; i += 2) {
      const first = s[i] as number;
      const end = s[i + 1] as number;
      let row = first + 1;
      while (row < end && (this.#places[row] as number) >= (this.#places[row - 1] as number)) row++;
      if (row < end) this.#sort(first, end);
    }
  }

  #sort(first: number, end: number): void {
    const order = Array.from({ length: end - first }, (_, i) => first + i);
    order.sort((a, b) => (this.#places[a] as number) - (this.#places[b] as number) || a - b);
    for (const column of [this.#places, this.#lines, this.#files, this.#columns]) {
      column.set(
        order.map((i) => column[i] as number),
        first,
      );
    }
  }
}

/** `name` inside of `directory`; either may be empty, and an absolute name stays what it is. */
function joinPath(directory: string, name: string): string {
  if (directory === '' || name.startsWith('/')) return name;
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;
}
