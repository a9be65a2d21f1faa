/** A small ELF64 file (little endian) as a debug package has it: build-id, symbols, perhaps a line table. */
export interface DebugElf {
  /** 1 object (module), 2 executable, 3 shared object, 4 core. */
  readonly type?: number;
  readonly buildId?: string;
  readonly symbols?: readonly {
    readonly name: string;
    readonly value: number;
    readonly size?: number;
    readonly type?: number;
  }[];
  /** Bytes of `.text`, at address 0x1000 unless the file is an object. */
  readonly textSize?: number;
  readonly lines?: boolean;
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly link?: number;
  readonly entry?: number;
}

const encoder = new TextEncoder();

export function debugElf(options: DebugElf): Uint8Array<ArrayBuffer> {
  const { type = 2, buildId, symbols = [], textSize = 0x1000, lines = true } = options;
  const strings = stringTable(symbols.map((s) => s.name));
  const table = new DataView(new ArrayBuffer(24 * (symbols.length + 1)));
  symbols.forEach((s, i) => {
    const at = 24 * (i + 1);
    table.setUint32(at, strings.offsets[i] as number, true);
    table.setUint8(at + 4, 0x10 | (s.type ?? 2));
    table.setUint16(at + 6, 1, true);
    table.setBigUint64(at + 8, BigInt(s.value), true);
    table.setBigUint64(at + 16, BigInt(s.size ?? 0), true);
  });
  const sections: Section[] = [
    { name: '', type: 0, flags: 0, address: 0, bytes: new Uint8Array(0) },
    { name: '.text', type: 1, flags: 6, address: type === 1 ? 0 : 0x1000, bytes: new Uint8Array(textSize) },
    { name: '.strtab', type: 3, flags: 0, address: 0, bytes: strings.bytes },
    { name: '.symtab', type: 2, flags: 0, address: 0, bytes: new Uint8Array(table.buffer), link: 2, entry: 24 },
  ];
  if (buildId !== undefined) {
    sections.push({ name: '.note.gnu.build-id', type: 7, flags: 2, address: 0, bytes: buildIdNote(buildId) });
  }
  if (lines) sections.push({ name: '.debug_line', type: 1, flags: 0, address: 0, bytes: new Uint8Array(16) });
  return layOut(type, sections);
}

function buildIdNote(buildId: string): Uint8Array {
  const id = Uint8Array.from(buildId.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const note = new Uint8Array(16 + id.length);
  const view = new DataView(note.buffer);
  view.setUint32(0, 4, true);
  view.setUint32(4, id.length, true);
  view.setUint32(8, 3, true);
  note.set(encoder.encode('GNU\0'), 12);
  note.set(id, 16);
  return note;
}

function stringTable(names: readonly string[]): { bytes: Uint8Array; offsets: number[] } {
  let text = '\0';
  const offsets = names.map((name) => {
    const at = text.length;
    text += `${name}\0`;
    return at;
  });
  return { bytes: encoder.encode(text), offsets };
}

function layOut(type: number, sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const names = stringTable([...sections.map((s) => s.name), '.shstrtab']);
  const all = [...sections, { name: '.shstrtab', type: 3, flags: 0, address: 0, bytes: names.bytes }] as Section[];
  const starts: number[] = [];
  let at = 64;
  for (const s of all) {
    starts.push(at);
    at = Math.ceil((at + s.bytes.length) / 16) * 16;
  }
  const file = new Uint8Array(at + all.length * 64);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(40, BigInt(at), true);
  view.setUint16(52, 64, true);
  view.setUint16(58, 64, true);
  view.setUint16(60, all.length, true);
  view.setUint16(62, all.length - 1, true);
  all.forEach((s, i) => {
    file.set(s.bytes, starts[i] as number);
    const header = at + i * 64;
    view.setUint32(header, names.offsets[i] as number, true);
    view.setUint32(header + 4, s.type, true);
    view.setBigUint64(header + 8, BigInt(s.flags), true);
    view.setBigUint64(header + 16, BigInt(s.address), true);
    view.setBigUint64(header + 24, BigInt(starts[i] as number), true);
    view.setBigUint64(header + 32, BigInt(s.bytes.length), true);
    view.setUint32(header + 40, s.link ?? 0, true);
    view.setBigUint64(header + 48, 4n, true);
    view.setBigUint64(header + 56, BigInt(s.entry ?? 0), true);
  });
  return file;
}
