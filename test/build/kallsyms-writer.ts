/** Writes the tables of kallsyms as the kernel's build makes them, in the layout of a given kernel. */

export interface WrittenSymbol {
  readonly address: bigint;
  readonly letter: string;
  readonly name: string;
  /** A per-CPU symbol of a kernel whose per-CPU section starts at 0. */
  readonly absolute?: boolean;
}

export interface KallsymsLayout {
  /** `absolute`: 64-bit addresses; `base`: u32 from the base; `percpu`: s32, negative from the base; `place`: s32 from here. */
  readonly encoding: 'absolute' | 'base' | 'percpu' | 'place';
  /** Addresses first (up to 6.3) or after the tokens (6.4 and later). */
  readonly order: 'addresses-first' | 'names-first';
  readonly markerWidth: 4 | 8;
  readonly seqs: boolean;
  /** Alignment of each table: 8, or 4 since 7.0. */
  readonly align: 4 | 8;
  readonly bigEndian?: true;
}

export interface WrittenKallsyms {
  readonly bytes: Uint8Array;
  /** Offset of each table in `bytes`, by its symbol's name. */
  readonly labels: ReadonlyMap<string, number>;
}

/** @param at address of the first byte @param base `kallsyms_relative_base` */
export function writeKallsyms(
  symbols: readonly WrittenSymbol[],
  layout: KallsymsLayout,
  at: bigint,
  base: bigint,
): WrittenKallsyms {
  const out: number[] = [];
  const labels = new Map<string, number>();
  const label = (name: string): void => {
    while (out.length % layout.align !== 0) out.push(0);
    labels.set(name, out.length);
  };
  const put = (value: number | bigint, size: number): void => {
    for (let i = 0; i < size; i++) {
      const byte = layout.bigEndian ? size - 1 - i : i;
      out.push(Number((BigInt(value) >> BigInt(byte * 8)) & 255n));
    }
  };
  const tokens = makeTokens(symbols);
  const packed = symbols.map((s) => compress(s.letter + s.name, tokens));

  const addresses = (): void => {
    label(layout.encoding === 'absolute' ? 'kallsyms_addresses' : 'kallsyms_offsets');
    for (const s of symbols) {
      if (layout.encoding === 'absolute') put(s.address, 8);
      else if (layout.encoding === 'base') put(s.address - base, 4);
      else if (layout.encoding === 'percpu') put(s.absolute ? s.address : base - 1n - s.address, 4);
      else put(s.address - (at + BigInt(out.length)), 4);
    }
    if (layout.encoding === 'base' || layout.encoding === 'percpu') {
      label('kallsyms_relative_base');
      put(base, 8);
    }
  };
  const names = (): void => {
    label('kallsyms_num_syms');
    put(symbols.length, 4);
    label('kallsyms_names');
    const start = out.length;
    const markers: number[] = [];
    packed.forEach((bytes, i) => {
      if (i % 256 === 0) markers.push(out.length - start);
      if (bytes.length < 128) out.push(bytes.length);
      else out.push((bytes.length % 128) + 128, Math.floor(bytes.length / 128));
      out.push(...bytes);
    });
    label('kallsyms_markers');
    for (const marker of markers) put(marker, layout.markerWidth);
  };
  const seqs = (): void => {
    if (!layout.seqs) return;
    label('kallsyms_seqs_of_names');
    const key = (name: string): string => name.replace(/\.llvm\..*/, '');
    const order = symbols.map((_, i) => i);
    order.sort((a, b) => {
      const x = key(symbols[a]?.name ?? '');
      const y = key(symbols[b]?.name ?? '');
      return x < y ? -1 : x > y ? 1 : a - b;
    });
    for (const i of order) out.push(Math.floor(i / 65536), Math.floor(i / 256) % 256, i % 256);
  };
  const tokenTables = (): void => {
    label('kallsyms_token_table');
    const start = out.length;
    const index: number[] = [];
    for (const token of tokens) {
      index.push(out.length - start);
      for (const c of token) out.push(c.charCodeAt(0));
      out.push(0);
    }
    label('kallsyms_token_index');
    for (const i of index) put(i, 2);
  };

  if (layout.order === 'addresses-first') {
    addresses();
    names();
    seqs();
    tokenTables();
  } else {
    names();
    tokenTables();
    addresses();
    seqs();
  }
  return { bytes: Uint8Array.from(out), labels };
}

/** The text of each byte: itself when a name uses it, else a frequent piece of the names. */
function makeTokens(symbols: readonly WrittenSymbol[]): string[] {
  const used = new Set<string>();
  const counts = new Map<string, number>();
  for (const { letter, name } of symbols) {
    const text = letter + name;
    for (const c of text) used.add(c);
    for (let i = 0; i + 1 < Math.min(text.length, 40); i++) {
      for (const n of [2, 3, 5]) {
        const piece = text.slice(i, i + n);
        if (piece.length === n) counts.set(piece, (counts.get(piece) ?? 0) + n - 1);
      }
    }
  }
  const pieces = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([piece]) => piece);
  return Array.from({ length: 256 }, (_, i) => {
    const c = String.fromCharCode(i);
    return used.has(c) ? c : (pieces.shift() ?? '');
  });
}

function compress(text: string, tokens: readonly string[]): number[] {
  const codes = new Map<string, number>();
  tokens.forEach((token, i) => {
    if (token !== '') codes.set(token, i);
  });
  const out: number[] = [];
  for (let at = 0; at < text.length; ) {
    const piece = [5, 3, 2, 1].map((n) => text.slice(at, at + n)).find((p) => codes.has(p)) as string;
    out.push(codes.get(piece) as number);
    at += piece.length;
  }
  return out;
}

/** A kernel's worth of symbols: aliases, data, per-CPU, long and suffixed names; the same every time. */
export function someSymbols(count: number, text: bigint, perCpu: 'zero' | 'image' | 'none' = 'zero'): WrittenSymbol[] {
  const words = ['get', 'put', 'sched', 'page', 'inode', 'timer', 'rcu', 'queue', 'work', 'list', 'task', 'irq'];
  const symbols: WrittenSymbol[] = [];
  if (perCpu === 'zero') {
    symbols.push({ address: 0n, letter: 'A', name: 'fixed_percpu_data', absolute: true });
    symbols.push({ address: 0n, letter: 'A', name: '__per_cpu_start', absolute: true });
    symbols.push({ address: 0x1f3c0n, letter: 'A', name: 'runqueues', absolute: true });
    symbols.push({ address: 0x34000n, letter: 'A', name: '__per_cpu_end', absolute: true });
  }
  symbols.push({ address: text, letter: 'T', name: '_stext' }, { address: text, letter: 'T', name: '_text' });
  let address = text + 0x40n;
  let random = 12345;
  const next = (n: number): number => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    return (random >>> 8) % n;
  };
  for (let i = symbols.length; i < count - 4; i++) {
    const parts = Array.from({ length: 1 + next(3) }, () => words[next(words.length)]);
    const name = i % 997 === 500 ? `${parts.join('_')}_${i}_${'Ab9_zQ'.repeat(60)}` : `${parts.join('_')}_${i}`;
    symbols.push({ address, letter: i % 2 === 0 ? 'T' : 't', name: i % 50 === 7 ? `${name}.constprop.0` : name });
    if (i % 13 !== 0) address += BigInt(16 * (1 + next(20)));
  }
  symbols.push({ address: address + 0x400n, letter: 'T', name: '_etext' });
  const data = address + 0x500000n;
  symbols.push({ address: data, letter: 'D', name: 'init_task' });
  symbols.push({ address: data + 0x2400n, letter: 'B', name: '__bss_start' });
  symbols.push({ address: data + 0x4000n, letter: 'B', name: '_end' });
  return symbols;
}
