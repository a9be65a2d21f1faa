/**
 * The VMCOREINFO text: `KEY=value` lines that the kernel writes for dump tools.
 * Source: Documentation/admin-guide/kdump/vmcoreinfo.rst.
 */
export class Vmcoreinfo {
  readonly text: string;
  readonly #lines = new Map<string, string>();

  constructor(text: string) {
    this.text = text;
    for (const line of text.split('\n')) {
      const eq = line.indexOf('=');
      if (eq > 0) this.#lines.set(line.slice(0, eq), line.slice(eq + 1));
    }
  }

  get(key: string): string | undefined {
    return this.#lines.get(key);
  }

  keys(): Iterable<string> {
    return this.#lines.keys();
  }

  /** `SYMBOL(name)`, a virtual address in hexadecimal. */
  symbol(name: string): bigint | undefined {
    return parseInteger(this.#lines.get(`SYMBOL(${name})`), true);
  }

  /** `NUMBER(name)`, decimal by convention; also accepts 0x. Negative numbers stay negative. */
  number(name: string): bigint | undefined {
    return parseInteger(this.#lines.get(`NUMBER(${name})`), false);
  }

  /** `OFFSET(struct.member)` in bytes. */
  offset(name: string): number | undefined {
    return toNumber(parseInteger(this.#lines.get(`OFFSET(${name})`), false));
  }

  /** `SIZE(struct)` in bytes. */
  size(name: string): number | undefined {
    return toNumber(parseInteger(this.#lines.get(`SIZE(${name})`), false));
  }

  /** `LENGTH(array)` in elements. */
  length(name: string): number | undefined {
    return toNumber(parseInteger(this.#lines.get(`LENGTH(${name})`), false));
  }

  /** A plain `KEY=` with a hexadecimal value, such as KERNELOFFSET. */
  hex(key: string): bigint | undefined {
    return parseInteger(this.#lines.get(key), true);
  }

  get release(): string | undefined {
    return this.#lines.get('OSRELEASE');
  }

  /** PAGESIZE, when it is a power of two between 4 KiB and 64 KiB. */
  get pageSize(): number | undefined {
    const size = Number(this.#lines.get('PAGESIZE'));
    return size === 4096 || size === 8192 || size === 16384 || size === 32768 || size === 65536 ? size : undefined;
  }

  /** Seconds since the epoch at which the kernel crashed. */
  get crashTime(): number | undefined {
    const t = toNumber(parseInteger(this.#lines.get('CRASHTIME'), false));
    return t !== undefined && t > 0 ? t : undefined;
  }
}

function parseInteger(text: string | undefined, hexadecimal: boolean): bigint | undefined {
  if (text === undefined) return undefined;
  const t = text.trim();
  if (/^0x[0-9a-f]{1,16}$/i.test(t)) return BigInt(t);
  if (hexadecimal) return /^[0-9a-f]{1,16}$/i.test(t) ? BigInt(`0x${t}`) : undefined;
  return /^-?[0-9]{1,20}$/.test(t) ? BigInt(t) : undefined;
}

function toNumber(n: bigint | undefined): number | undefined {
  return n !== undefined && n >= 0n && n <= 0x1fffffffffffffn ? Number(n) : undefined;
}
