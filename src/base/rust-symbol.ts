/** Deeper nesting than this is no symbol that a compiler wrote. */
const DEPTH = 200;
/** Back references can blow a short symbol up. */
const LENGTH = 16384;

/**
 * A mangled Rust symbol for people: the legacy form (`_ZN4core3fmt...17h<hash>E`, without the hash) and v0 (`_R...`);
 * undefined when it is neither. Rust RFC 2603 and the rustc book, "Symbol Mangling".
 */
export function demangleRust(symbol: string): string | undefined {
  const name = symbol.replace(/\.llvm\.[0-9A-F@]+$/, '');
  const legacy = /^_?_?ZN(.*)E((?:\.[\w.]+)?)$/.exec(name);
  if (legacy) return legacyPath(legacy[1] as string);
  const v0 = /^_?_?R(?=[A-Z])(\w+)(?:[.$].*)?$/.exec(name);
  if (!v0) return undefined;
  try {
    return new V0(v0[1] as string).symbol();
  } catch (e) {
    if (e instanceof NotRust) return undefined;
    throw e;
  }
}

class NotRust extends Error {}

const LEGACY_SIGNS: Readonly<Record<string, string>> = {
  SP: '@',
  BP: '*',
  RF: '&',
  LT: '<',
  GT: '>',
  LP: '(',
  RP: ')',
  C: ',',
};

function legacyPath(text: string): string | undefined {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const digits = /^[1-9]\d{0,4}/.exec(text.slice(at))?.[0];
    if (digits === undefined) return undefined;
    at += digits.length;
    const part = text.slice(at, at + Number(digits));
    if (part.length < Number(digits)) return undefined;
    parts.push(part);
    at += part.length;
  }
  if (parts.length < 2 || !/^h[0-9a-f]{16}$/.test(parts.pop() as string)) return undefined;
  return parts.map(legacyPart).join('::');
}

function legacyPart(part: string): string {
  return part
    .replace(/^_(?=\$)/, '')
    .replace(/\$(u[0-9a-f]{1,6}|[A-Z]{1,2})\$/g, (all, sign: string) => {
      if (sign.startsWith('u')) {
        const code = Number.parseInt(sign.slice(1), 16);
        return code >= 0x20 && code < 0x110000 ? String.fromCodePoint(code) : all;
      }
      return LEGACY_SIGNS[sign] ?? all;
    })
    .replace(/\.\./g, '::');
}

const BASIC: Readonly<Record<string, string>> = {
  a: 'i8',
  b: 'bool',
  c: 'char',
  d: 'f64',
  e: 'str',
  f: 'f32',
  h: 'u8',
  i: 'isize',
  j: 'usize',
  l: 'i32',
  m: 'u32',
  n: 'i128',
  o: 'u128',
  p: '_',
  s: 'i16',
  t: 'u16',
  u: '()',
  v: '...',
  x: 'i64',
  y: 'u64',
  z: '!',
};

/** Reader of one v0 symbol; the grammar's productions are its methods. */
class V0 {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #lifetimes = 0;
  #written = 0;

  constructor(text: string) {
    this.#text = text;
  }

  symbol(): string {
    const path = this.#path(true);
    // an instantiating crate may follow
    if (this.#at < this.#text.length) this.#path(true);
    if (this.#at < this.#text.length) throw new NotRust();
    return path;
  }

  #eat(c: string): boolean {
    if (this.#text[this.#at] !== c) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const c = this.#text[this.#at++];
    if (c === undefined) throw new NotRust();
    return c;
  }

  #out(text: string): string {
    this.#written += text.length;
    if (this.#written > LENGTH) throw new NotRust();
    return text;
  }

  /** Base 62, ended by `_`; `_` alone is 0. */
  #number(): number {
    if (this.#eat('_')) return 0;
    let value = 0;
    for (;;) {
      const c = this.#next();
      if (c === '_') return value + 1;
      const digit = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.indexOf(c);
      if (digit < 0) throw new NotRust();
      value = Math.min(value * 62 + digit, Number.MAX_SAFE_INTEGER - 1); // a crate's hash has 64 bits; nothing shows it
    }
  }

  #optionalNumber(tag: string): number {
    return this.#eat(tag) ? this.#number() + 1 : 0;
  }

  #identifier(): { disambiguator: number; name: string } {
    const disambiguator = this.#optionalNumber('s');
    const puny = this.#eat('u');
    const digits = /^(?:0|[1-9]\d{0,5})/.exec(this.#text.slice(this.#at))?.[0];
    if (digits === undefined) throw new NotRust();
    this.#at += digits.length;
    this.#eat('_');
    const name = this.#text.slice(this.#at, this.#at + Number(digits));
    if (name.length < Number(digits)) throw new NotRust();
    this.#at += name.length;
    return { disambiguator, name: this.#out(puny ? `punycode{${name}}` : name) };
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > DEPTH) throw new NotRust();
    const result = read();
    this.#depth--;
    return result;
  }

  #backReference<T>(read: () => T): T {
    const start = this.#at - 1;
    const target = this.#number();
    if (target >= start) throw new NotRust();
    const back = this.#at;
    this.#at = target;
    const result = this.#nested(read);
    this.#at = back;
    return result;
  }

  #path(inValue: boolean): string {
    return this.#nested(() => {
      const tag = this.#next();
      switch (tag) {
        case 'C':
          return this.#identifier().name;
        case 'M':
        case 'X':
          return this.#implementation(tag === 'X');
        case 'Y': {
          const type = this.#type();
          return `<${type} as ${this.#path(false)}>`;
        }
        case 'N':
          return this.#member(inValue);
        case 'I': {
          const path = this.#path(inValue);
          return `${path}${inValue ? '::' : ''}<${this.#list(() => this.#genericArgument()).join(', ')}>`;
        }
        case 'B':
          return this.#backReference(() => this.#path(inValue));
        default:
          throw new NotRust();
      }
    });
  }

  #implementation(trait: boolean): string {
    this.#optionalNumber('s');
    this.#path(false); // where the implementation stands
    const type = this.#type();
    return trait ? `<${type} as ${this.#path(false)}>` : `<${type}>`;
  }

  #member(inValue: boolean): string {
    const space = this.#next();
    const outer = this.#path(inValue);
    const { disambiguator, name } = this.#identifier();
    if (/[a-z]/.test(space)) return name === '' ? outer : `${outer}::${name}`;
    const kind = space === 'C' ? 'closure' : space === 'S' ? 'shim' : space;
    return `${outer}::{${kind}${name === '' ? '' : `:${name}`}#${disambiguator}}`;
  }

  #list<T>(read: () => T): T[] {
    const items: T[] = [];
    while (!this.#eat('E')) items.push(read());
    return items;
  }

  #genericArgument(): string {
    if (this.#eat('L')) return this.#lifetime(this.#number());
    if (this.#eat('K')) return this.#constant();
    return this.#type();
  }

  #lifetime(index: number): string {
    if (index === 0) return "'_";
    const depth = this.#lifetimes - index;
    if (depth < 0) throw new NotRust();
    return depth < 26 ? `'${String.fromCharCode(97 + depth)}` : `'_${depth}`;
  }

  #type(): string {
    return this.#nested(() => {
      const tag = this.#next();
      const basic = BASIC[tag];
      if (basic !== undefined) return this.#out(basic);
      switch (tag) {
        case 'R':
        case 'Q':
          return this.#reference(tag === 'Q');
        case 'P':
          return `*const ${this.#type()}`;
        case 'O':
          return `*mut ${this.#type()}`;
        case 'A': {
          const type = this.#type();
          return `[${type}; ${this.#constant()}]`;
        }
        case 'S':
          return `[${this.#type()}]`;
        case 'T': {
          const items = this.#list(() => this.#type());
          return `(${items.join(', ')}${items.length === 1 ? ',' : ''})`;
        }
        case 'F':
          return this.#function();
        case 'D':
          return this.#dynamic();
        case 'B':
          return this.#backReference(() => this.#type());
        default:
          this.#at--;
          return this.#path(false);
      }
    });
  }

  #reference(mutable: boolean): string {
    let lifetime = '';
    if (this.#eat('L')) {
      const index = this.#number();
      if (index > 0) lifetime = `${this.#lifetime(index)} `;
    }
    return `&${lifetime}${mutable ? 'mut ' : ''}${this.#type()}`;
  }

  /** `for<'a, 'b> `, in force while `read` runs. */
  #binder(read: () => string): string {
    const count = this.#optionalNumber('G');
    if (count > 100) throw new NotRust();
    const names: string[] = [];
    for (let i = 0; i < count; i++) {
      this.#lifetimes++;
      names.push(this.#lifetime(1));
    }
    const inner = read();
    this.#lifetimes -= count;
    return count > 0 ? `for<${names.join(', ')}> ${inner}` : inner;
  }

  #function(): string {
    return this.#binder(() => {
      const unsafe = this.#eat('U') ? 'unsafe ' : '';
      let abi = '';
      if (this.#eat('K')) abi = `extern "${this.#eat('C') ? 'C' : this.#identifier().name.replaceAll('_', '-')}" `;
      const args = this.#list(() => this.#type());
      const result = this.#eat('u') ? '' : ` -> ${this.#type()}`;
      return `${unsafe}${abi}fn(${args.join(', ')})${result}`;
    });
  }

  #dynamic(): string {
    const traits = this.#binder(() => this.#list(() => this.#trait()).join(' + '));
    if (!this.#eat('L')) throw new NotRust();
    const index = this.#number();
    return `dyn ${traits}${index > 0 ? ` + ${this.#lifetime(index)}` : ''}`;
  }

  #trait(): string {
    let path = this.#path(false);
    while (this.#eat('p')) {
      const { name } = this.#identifier();
      const binding = `${name} = ${this.#type()}`;
      path = path.endsWith('>') ? `${path.slice(0, -1)}, ${binding}>` : `${path}<${binding}>`;
    }
    return path;
  }

  #constant(): string {
    return this.#nested(() => {
      if (this.#eat('B')) return this.#backReference(() => this.#constant());
      const type = this.#next();
      if (type === 'p') return '_';
      const negative = this.#eat('n');
      const digits = /^[0-9a-f]*/.exec(this.#text.slice(this.#at))?.[0] ?? '';
      this.#at += digits.length;
      if (!this.#eat('_') || BASIC[type] === undefined || digits.length > 32) throw new NotRust();
      const value = BigInt(`0x${digits || '0'}`);
      if (type === 'b') return value === 0n ? 'false' : 'true';
      if (type === 'c') return value < 0x110000n ? `'${String.fromCodePoint(Number(value))}'` : String(value);
      return `${negative ? '-' : ''}${value}`;
    });
  }
}
