import type { Bytes } from '../base/units.ts';
import type { CType, TypeKind } from '../types/c-type.ts';
import { pointerTo, voidType } from '../types/simple-type.ts';
import { BTF_KIND } from './btf-kinds.ts';
import type { BtfSection } from './btf-section.ts';
import { BtfType } from './btf-type.ts';
import { spellings } from './type-spelling.ts';

/** Tags that lie one on the other at most. */
const MAX_TAGS = 64;

/** A bare name means the first of these that there is. */
const PREFERENCE: readonly TypeKind[] = ['struct', 'union', 'typedef', 'int', 'float', 'enum', 'forward'];

/** The types of a BTF section and of its base: by number, by name. */
export class BtfTypes {
  readonly section: BtfSection;
  readonly pointerSize: Bytes;
  readonly #base: BtfTypes | undefined;
  readonly #cache = new Map<number, CType>();
  readonly #void: CType;
  #marksSigned: boolean | undefined;

  constructor(section: BtfSection, pointerSize: Bytes, base?: BtfTypes) {
    this.section = section;
    this.pointerSize = pointerSize;
    this.#base = base;
    this.#void = base ? base.#void : voidType();
  }

  /** Type number `id`; void for 0 and for a number that no type has. Type tags are looked through. */
  type(id: number): CType {
    const { section } = this;
    if (id < section.firstId && this.#base) return this.#base.type(id);
    const known = this.#cache.get(id);
    if (known) return known;
    let at = id;
    for (let i = 0; i < MAX_TAGS; i++) {
      if (at < section.firstId || at >= section.endId)
        return at < section.firstId && this.#base ? this.#base.type(at) : this.#void;
      const start = section.starts[at - section.firstId] as number;
      if ((((section.words[start + 1] as number) >>> 24) & 0x7f) !== BTF_KIND.TYPE_TAG) {
        const type = this.#cache.get(at) ?? new BtfType(this, section.words, start);
        this.#cache.set(at, type).set(id, type);
        return type;
      }
      at = section.words[start + 2] as number;
    }
    return this.#void;
  }

  /** See `DebugInfo.findType`; also `struct page *`. Only this section, not its base. */
  find(name: string): CType | undefined {
    const pointers = /\s*((?:\*\s*)+)$/.exec(name);
    if (pointers) {
      let type = this.find(name.slice(0, pointers.index));
      for (const c of pointers[1] as string) if (c === '*' && type) type = pointerTo(type, this.pointerSize);
      return type;
    }
    const tagged = /^(struct|union|enum|typedef)\s+(\S+)$/.exec(name);
    if (name === 'void') return this.#void;
    for (const spelling of tagged ? [tagged[2] as string] : spellings(name)) {
      const found = this.section.named(spelling).map((id) => this.type(id));
      const type = tagged ? pickTagged(found, tagged[1] as TypeKind) : pick(found);
      if (type) return type;
    }
    return undefined;
  }

  /** Named structs whose size lies in a range. Only this section, not its base. */
  *structsOfSize(least: Bytes, most: Bytes): Iterable<CType> {
    const { words, starts, firstId } = this.section;
    for (let i = 0; i < starts.length; i++) {
      const at = starts[i] as number;
      const size = words[at + 2] as number;
      if ((((words[at + 1] as number) >>> 24) & 0x7f) !== BTF_KIND.STRUCT || size < least || size > most) continue;
      if (words[at] !== 0) yield this.type(i + firstId);
    }
  }

  /** Type of the variable or function whose record is number `id`. */
  global(id: number): CType {
    const start = this.section.starts[id - this.section.firstId] as number;
    return this.type(this.section.words[start + 2] as number);
  }

  /** Whether the writer set the flag for signed enumerations at all. */
  marksSignedEnums(): boolean {
    if (this.#marksSigned === undefined) {
      const { words, starts } = this.section;
      this.#marksSigned = starts.some((at) => {
        const info = words[at + 1] as number;
        return ((info >>> 24) & 0x7f) === BTF_KIND.ENUM && info >>> 31 === 1;
      });
    }
    return this.#marksSigned || (this.#base?.marksSignedEnums() ?? false);
  }
}

/**
 * The base that a module built apart from its kernel carries: names and sizes of the kernel types that it uses
 * (`.BTF.base`). Each stands for the type of that name in the kernel, where there is one of that size.
 */
export class DistilledTypes extends BtfTypes {
  readonly #kernel: BtfTypes;

  constructor(section: BtfSection, kernel: BtfTypes) {
    super(section, kernel.pointerSize);
    this.#kernel = kernel;
  }

  override type(id: number): CType {
    const own = super.type(id);
    if (own.name === '') return own;
    const tag = own.kind === 'forward' && own instanceof BtfType ? own.forwardKind : own.kind;
    const tagged = tag === 'struct' || tag === 'union' || tag === 'enum';
    const real = this.#kernel.find(tagged ? `${tag} ${own.name}` : own.name);
    return real && (own.kind === 'forward' || real.size === own.size) ? real : own;
  }
}

function pick(found: readonly CType[]): CType | undefined {
  for (const kind of PREFERENCE) {
    const type = found.find((t) => t.kind === kind);
    if (type) return type;
  }
  return undefined;
}

function pickTagged(found: readonly CType[], tag: TypeKind): CType | undefined {
  return (
    found.find((t) => t.kind === tag) ??
    found.find((t) => t.kind === 'forward' && t instanceof BtfType && t.forwardKind === tag)
  );
}
