/** A struct or union as a text that is equal when name, size and the place of every member are. */
export interface Layout {
  /** `struct` or `union` with its name. */
  readonly title: string;
  readonly text: string;
}

/** One member: `name@<bit offset>+<bytes>`, of a bit-field `name@<bit offset>:<bits>`. */
export function memberText(name: string, bitOffset: number, bytes: number, bits: number): string {
  return `${name}@${bitOffset}${bits > 0 ? `:${bits}` : `+${bytes}`}`;
}

export function layoutText(title: string, size: number, members: readonly string[]): Layout {
  return { title, text: `${title} ${size} ${members.join(' ')}` };
}

interface Open {
  readonly kind: string;
  readonly name: string;
  readonly members: string[];
  size: number;
}

/** ` * 0x4fc:0x2 0x4 * `: offset, first bit, size; each decimal or hexadecimal. */
const PLACE = /\/\*\s*(0x[0-9a-f]+|\d+)(?::\s*(0x[0-9a-f]+|\d+))?\s+(0x[0-9a-f]+|\d+)\s*\*\/$/;

/**
 * The definitions that pahole prints, one for each struct and union, in its order. Members of unnamed structs and unions
 * stand between `{` and `}`; what a pointer to an unnamed one leads to is left out.
 */
export class PaholeReader {
  readonly #open: Open[] = [];
  readonly #found: (layout: Layout) => void;

  constructor(found: (layout: Layout) => void) {
    this.#found = found;
  }

  line(line: string): void {
    const text = line.trim();
    const opened = /^(?:(?:const|volatile) )*(struct|union|class|enum)(?: (\w+))? \{$/.exec(text);
    if (opened && (this.#open.length > 0 || !/^\s/.test(line))) {
      this.#open.push({ kind: opened[1] as string, name: opened[2] ?? '', members: [], size: 0 });
      return;
    }
    const top = this.#open.at(-1);
    if (!top) return;
    const size = /^\/\* size: (0x[0-9a-f]+|\d+)/.exec(text);
    if (size && this.#open.length === 1) top.size = Number(size[1]);
    else if (text.startsWith('}')) this.#close(top, text);
    else if (top.kind !== 'enum') this.#member(top, text);
  }

  #close(closed: Open, text: string): void {
    this.#open.pop();
    const outer = this.#open.at(-1);
    if (!outer) {
      if (closed.kind !== 'enum')
        this.#found(layoutText(`${closed.kind} ${closed.name}`.trim(), closed.size, closed.members));
      return;
    }
    const declared = declaratorOf(`_ ${text.slice(1).replace(PLACE, '')}`);
    const place = PLACE.exec(text);
    if (!place || outer.kind === 'enum') return;
    const member = placed(declared, place);
    const inner = closed.kind === 'enum' || /^\s*\*/.test(text.slice(1)) ? [] : ['{', ...closed.members, '}'];
    outer.members.push(...inner, member);
  }

  #member(outer: Open, text: string): void {
    const place = PLACE.exec(text);
    if (!place || text.startsWith('/*')) return;
    outer.members.push(placed(declaratorOf(text.slice(0, place.index)), place));
  }
}

interface Declarator {
  readonly name: string;
  readonly bits: number;
}

function placed({ name, bits }: Declarator, place: RegExpExecArray): string {
  const [, offset, bit = '0', size] = place;
  return memberText(name, Number(offset) * 8 + Number(bit), Number(size), bits);
}

/** Name and width of `unsigned int (*fn[2])(int)`, `char name[16]`, `u8 flag:1`. */
function declaratorOf(declaration: string): Declarator {
  const text = declaration
    .replace(/__attribute__\(\(.*?\)\)(?=\s|;|$)/g, '')
    .replace(/;\s*$/, '')
    .trim();
  const bits = /:(\d+)$/.exec(text);
  const plain = (bits ? text.slice(0, bits.index) : text).trim();
  const pointer = /\(\*+\s*(?:const |volatile )*(\w*)/.exec(plain);
  const name = pointer ? pointer[1] : /(\w+)\s*(?:\[[^\]]*\]\s*)*$/.exec(plain)?.[1];
  // Of an unnamed bit-field there is the type alone.
  const typeOnly =
    bits !== null && /^(?:(?:unsigned|signed|long|short|int|char|_Bool|const)\s*)+$|^(?:enum )?\w+$/.test(plain);
  if (plain === '_') return { name: '', bits: 0 };
  return { name: typeOnly ? '' : (name ?? ''), bits: Number(bits?.[1] ?? 0) };
}
