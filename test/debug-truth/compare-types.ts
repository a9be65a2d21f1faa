import { BtfSection } from '../../src/debug/btf-section.ts';
import { BtfTypes } from '../../src/debug/btf-types.ts';
import type { DebugFile } from '../../src/debug/dwarf/debug-file.ts';
import { memoryOf } from '../build/btf-types.ts';
import { Outcome } from './outcome.ts';
import { type Layout, PaholeReader } from './pahole-text.ts';
import { askPeer, type PeerCommand } from './peer.ts';
import { btfLayouts, dwarfLayouts } from './type-layouts.ts';
import { withDebugFile } from './with-debug-file.ts';

export type TypeSource = 'btf' | 'dwarf';

/** Texts of layouts by title. */
type Layouts = Map<string, Set<string>>;

const BTF_ADDRESS = 0x1000n;
const FLAGS = ['--hex', '--suppress_aligned_attribute', '--suppress_force_paddings', '--suppress_packed'];

/** Every struct and union of a vmlinux, by name: size, and place of each member, against pahole's. */
export async function compareTypes(
  path: string,
  source: TypeSource,
  pahole: PeerCommand,
  name: string,
): Promise<Outcome> {
  const outcome = new Outcome(name, 'structs and unions');
  const printed: Layout[] = [];
  const reader = new PaholeReader((layout) => printed.push(layout));
  await askPeer(pahole, ['-F', source, ...FLAGS, path], '', (line) => reader.line(line));
  const sizes = parseSizes(await askPeer(pahole, ['-F', source, '-s', path]));
  const { layouts, locals, count } = await ownLayouts(path, source);
  const theirs: Layouts = new Map();
  for (const layout of printed) put(theirs, withUnionSize(layout, sizes, layouts));
  compareLayouts(layouts, locals, theirs, outcome);
  outcome.notes.push(`${count} definitions in the file, many of the same type`);
  return outcome;
}

/** `pahole -s`: name, size, holes. A name may have several sizes. */
export function parseSizes(text: string): Map<string, number[]> {
  const sizes = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    const m = /^(\S+)\t(\d+)\t\d+$/.exec(line);
    if (m) sizes.set(m[1] as string, [...(sizes.get(m[1] as string) ?? []), Number(m[2])]);
  }
  return sizes;
}

/** pahole prints no size in the definition of a union: the one that `-s` gives; of several the one that fits. */
function withUnionSize(layout: Layout, sizes: Map<string, number[]>, ours: Layouts): Layout {
  const { title, text } = layout;
  if (!title.startsWith('union ') || !text.startsWith(`${title} 0 `)) return layout;
  const texts = (sizes.get(title.slice('union '.length)) ?? []).map(
    (n) => `${title} ${n}${text.slice(title.length + 2)}`,
  );
  return { title, text: texts.find((t) => ours.get(title)?.has(t)) ?? texts[0] ?? text };
}

interface OwnLayouts {
  readonly layouts: Layouts;
  /** Texts of those that are defined inside of functions. */
  readonly locals: ReadonlySet<string>;
  readonly count: number;
}

async function ownLayouts(path: string, source: TypeSource): Promise<OwnLayouts> {
  const layouts: Layouts = new Map();
  const locals = new Set<string>();
  let count = 0;
  const found = (layout: Layout, local = false): void => {
    count++;
    put(layouts, layout);
    if (local) locals.add(layout.text);
  };
  await withDebugFile(path, (file) => {
    if (source === 'dwarf') dwarfLayouts(file.dwarf, found);
    else btfLayouts(fileBtf(file), found);
  });
  return { layouts, locals, count };
}

function fileBtf({ elf }: DebugFile): BtfTypes {
  const section = elf.section('.BTF');
  if (!section) throw new Error(`${elf.source.name} has no .BTF`);
  const bytes = section.bytes(0, section.size, 'types');
  const memory = memoryOf(bytes, elf.littleEndian);
  return new BtfTypes(new BtfSection(memory, BTF_ADDRESS, bytes.length), elf.header.bits === 64 ? 8 : 4);
}

function put(into: Layouts, { title, text }: Layout): void {
  const texts = into.get(title);
  if (texts) texts.add(text);
  else into.set(title, new Set([text]));
}

/** Each definition of one side must be one of the other's. What has no name is compared where it is a member. */
export function compareLayouts(ours: Layouts, locals: ReadonlySet<string>, theirs: Layouts, outcome: Outcome): void {
  for (const title of new Set([...ours.keys(), ...theirs.keys()])) {
    if (!title.includes(' ')) continue;
    const a = ours.get(title) ?? new Set<string>();
    const b = theirs.get(title) ?? new Set<string>();
    const onlyOurs = [...a].filter((text) => !b.has(text));
    const onlyTheirs = [...b].filter((text) => !a.has(text));
    for (const text of b) if (a.has(text)) outcome.same();
    for (const text of onlyTheirs) {
      outcome.differs(
        a.size === 0 ? 'we have no such type' : 'layout',
        undefined,
        `theirs ${text}\nours   ${onlyOurs[0] ?? '-'}`,
      );
    }
    for (const text of onlyTheirs.length === 0 ? onlyOurs : []) {
      const why = locals.has(text) ? 'pahole lists what is defined at file scope.' : undefined;
      outcome.differs(why ? 'defined inside of a function' : 'pahole has no such definition', why, text);
    }
  }
}
