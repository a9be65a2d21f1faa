/** Writes .BTF sections record by record. Every method returns the number of the type that it adds. */
export class BtfWriter {
  readonly #records: number[][] = [];
  readonly #strings: number[] = [0];
  readonly #known = new Map<string, number>();
  readonly #base: BtfWriter | undefined;
  readonly bigEndian: boolean;

  /** @param base the section that this one continues */
  constructor(base?: BtfWriter, bigEndian = false) {
    this.#base = base;
    this.bigEndian = bigEndian;
  }

  /** Types so far, void included, base included. */
  get endId(): number {
    return (this.#base?.endId ?? 1) + this.#records.length;
  }

  get stringEnd(): number {
    return (this.#base?.stringEnd ?? 0) + this.#strings.length;
  }

  /** Offset of a string, added when it is new. */
  text(s: string): number {
    if (s === '') return 0;
    const shared = this.#base?.findText(s);
    if (shared !== undefined) return shared;
    let at = this.#known.get(s);
    if (at === undefined) {
      at = this.#strings.length + (this.#base?.stringEnd ?? 0);
      this.#known.set(s, at);
      for (const c of s) this.#strings.push(c.charCodeAt(0));
      this.#strings.push(0);
    }
    return at;
  }

  findText(s: string): number | undefined {
    return this.#known.get(s) ?? this.#base?.findText(s);
  }

  /** A record from its parts. @param info kind in bits 24 to 30, flag in bit 31, number of elements below */
  record(
    name: string,
    kind: number,
    elements: number,
    third: number,
    rest: readonly number[] = [],
    flag = false,
  ): number {
    const info = kind * 0x1000000 + elements + (flag ? 0x80000000 : 0);
    this.#records.push([this.text(name), info, third, ...rest]);
    return this.endId - 1;
  }

  /** @param encoding 1 signed, 2 char, 4 bool */
  int(name: string, size: number, encoding = 0, bits = size * 8, offset = 0): number {
    return this.record(name, 1, 0, size, [encoding * 0x1000000 + offset * 0x10000 + bits]);
  }

  pointer(to: number): number {
    return this.record('', 2, 0, to);
  }

  array(of: number, index: number, length: number): number {
    return this.record('', 3, 0, 0, [of, index, length]);
  }

  /** @param members name, type, offset in bits, width in bits (with `flag` only) */
  struct(
    name: string,
    size: number,
    members: readonly (readonly [string, number, number, number?])[],
    kind: 'struct' | 'union' = 'struct',
    flag = false,
  ): number {
    const rest = members.flatMap(([n, type, bits, width]) => [
      this.text(n),
      type,
      flag ? (width ?? 0) * 0x1000000 + bits : bits,
    ]);
    return this.record(name, kind === 'struct' ? 4 : 5, members.length, size, rest, flag);
  }

  enumeration(name: string, values: readonly (readonly [string, number])[], flag = false, size = 4): number {
    return this.record(
      name,
      6,
      values.length,
      size,
      values.flatMap(([n, v]) => [this.text(n), v >>> 0]),
      flag,
    );
  }

  enum64(name: string, values: readonly (readonly [string, bigint])[], flag = false): number {
    const words = values.flatMap(([n, v]) => [this.text(n), Number(v & 0xffffffffn), Number((v >> 32n) & 0xffffffffn)]);
    return this.record(name, 19, values.length, 8, words, flag);
  }

  forward(name: string, union = false): number {
    return this.record(name, 7, 0, 0, [], union);
  }

  typedef(name: string, type: number): number {
    return this.record(name, 8, 0, type);
  }

  volatile(type: number): number {
    return this.record('', 9, 0, type);
  }

  constant(type: number): number {
    return this.record('', 10, 0, type);
  }

  prototype(returns: number, parameters: readonly (readonly [string, number])[]): number {
    return this.record(
      '',
      13,
      parameters.length,
      returns,
      parameters.flatMap(([n, t]) => [this.text(n), t]),
    );
  }

  func(name: string, prototype: number): number {
    return this.record(name, 12, 1, prototype);
  }

  variable(name: string, type: number): number {
    return this.record(name, 14, 0, type, [1]);
  }

  /** @param variables variable, offset, size */
  dataSection(name: string, size: number, variables: readonly (readonly [number, number, number])[]): number {
    return this.record(name, 15, variables.length, size, variables.flat());
  }

  float(name: string, size: number): number {
    return this.record(name, 16, 0, size);
  }

  declTag(name: string, type: number): number {
    return this.record(name, 17, 0, type, [0xffffffff]);
  }

  typeTag(name: string, type: number): number {
    return this.record(name, 18, 0, type);
  }

  /** The section. @param layout sizes in bytes of every kind from 0 on: fixed part, each element */
  bytes(layout?: readonly (readonly [number, number])[]): Uint8Array {
    const words = this.#records.flat();
    const header = layout ? 32 : 24;
    const size = header + words.length * 4 + this.#strings.length + (layout?.length ?? 0) * 4;
    const out = new Uint8Array(size);
    const view = new DataView(out.buffer);
    const le = !this.bigEndian;
    view.setUint16(0, 0xeb9f, le);
    out[2] = 1;
    view.setUint32(4, header, le);
    view.setUint32(12, words.length * 4, le);
    view.setUint32(16, words.length * 4, le);
    view.setUint32(20, this.#strings.length, le);
    words.forEach((word, i) => {
      view.setUint32(header + i * 4, word, le);
    });
    out.set(this.#strings, header + words.length * 4);
    if (layout) {
      const at = words.length * 4 + this.#strings.length;
      view.setUint32(24, at, le);
      view.setUint32(28, layout.length * 4, le);
      layout.forEach(([fixed, each], i) => {
        out.set([fixed, each, 0, 0], header + at + i * 4);
      });
    }
    return out;
  }
}
