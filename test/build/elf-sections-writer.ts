import { ByteWriter } from './byte-writer.ts';

/** A section to be written; `kind` is its sh_type, 1 (bits of the program) by default. */
export interface WrittenSection {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly kind?: number;
  readonly flags?: number;
  readonly address?: bigint;
  readonly link?: number;
  readonly info?: number;
  readonly entry?: number;
}

/** A 64-bit ELF file of sections, numbered from 1 in their order. @param type 2 a program, 1 an object file */
export function writeElfSections(sections: readonly WrittenSection[], type = 2, machine = 62): Uint8Array {
  const w = new ByteWriter();
  const names = new ByteWriter();
  names.u8(0);
  const nameAt = sections.map((s) => {
    const at = names.size;
    names.text(`${s.name}\0`);
    return at;
  });
  const ownName = names.size;
  names.text('.shstrtab\0');
  w.u8(0x7f).text('ELF').u8(2).u8(1).u8(1).padTo(64);
  const places = [...sections.map((s) => s.bytes), names.done()].map((bytes) => {
    w.align(16);
    const at = w.size;
    w.bytes(bytes);
    return { at, size: bytes.length };
  });
  w.align(16);
  const table = w.size;
  w.padTo(table + 64);
  [...sections, { name: '', kind: 3 } as WrittenSection].forEach((s, i) => {
    const place = places[i] as { at: number; size: number };
    w.u32(nameAt[i] ?? ownName).u32(s.kind ?? 1);
    w.u64(s.flags ?? 0).u64(s.address ?? 0n);
    w.u64(place.at).u64(place.size);
    w.u32(s.link ?? 0).u32(s.info ?? 0);
    w.u64(1).u64(s.entry ?? 0);
  });
  const file = w.done();
  const view = new DataView(file.buffer);
  view.setUint16(16, type, true);
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true); // e_version
  view.setBigUint64(40, BigInt(table), true);
  view.setUint16(52, 64, true);
  view.setUint16(58, 64, true);
  view.setUint16(60, sections.length + 2, true);
  view.setUint16(62, sections.length + 1, true);
  return file;
}
