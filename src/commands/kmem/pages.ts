import { NotFoundError, UsageError } from '../../base/errors.ts';
import { hex64 } from '../../base/hex.ts';
import { allPages, type PageReader, pageMemberBytes, pageReader } from '../../kernel/page.ts';
import { flagNamesOfPage } from '../../kernel/page-flags.ts';
import type { Program } from '../../program/program.ts';
import { parseAddress } from '../../report/args.ts';
import { commandPart } from '../../report/command-part.ts';
import { PAGE_HEADER, type PageData, pageDataOf, pageLine, pageSchema } from '../../report/kernel-memory-lines.ts';
import { digits } from '../../report/pad.ts';
import { arrayOf, hexString, object, record, string } from '../../report/schema.ts';

interface PagesData {
  /** An array, or for the whole memory map what makes one page after the other: millions need not be held at once. */
  readonly pages: Iterable<PageData>;
}

/** `kmem -p`: page descriptors, all of them or those of addresses. */
export const pages = commandPart<PagesData>({
  name: 'pages',
  flag: 'p',
  schema: object('Page descriptors.', { pages: arrayOf('Ascending, or as asked for.', pageSchema) }),
  run({ prog }, args) {
    const reader = need(pageReader(prog));
    if (args.operands.length === 0) return { pages: new AllPages(prog, reader) };
    const found = args.operands.map((word) => {
      const address = pageAddress(prog, reader, word);
      const page = address === undefined ? undefined : reader.read(address);
      if (!page) throw new NotFoundError('page', word, 'it is not in the memory map');
      return pageDataOf(page, flagNamesOfPage(prog, page));
    });
    return { pages: found };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: pageLines(data.pages) };
  },
});

function* pageLines(found: Iterable<PageData>): Generator<string> {
  yield PAGE_HEADER;
  for (const page of found) yield pageLine(page);
}

/** Every page, read anew each time that it is gone through. */
class AllPages implements Iterable<PageData> {
  readonly #prog: Program;
  readonly #reader: PageReader;

  constructor(prog: Program, reader: PageReader) {
    this.#prog = prog;
    this.#reader = reader;
  }

  *[Symbol.iterator](): Iterator<PageData> {
    for (const page of allPages(this.#prog, this.#reader)) yield pageDataOf(page, flagNamesOfPage(this.#prog, page));
  }

  toJSON(): PageData[] {
    return [...this];
  }
}

function need(reader: PageReader | undefined): PageReader {
  if (!reader) throw new NotFoundError('memory map', 'struct page', 'the dump does not tell where it is');
  return reader;
}

/** Descriptor of the page that an operand means: a descriptor, a virtual or a physical address. */
function pageAddress(prog: Program, reader: PageReader, word: string): bigint | undefined {
  const at = parseAddress(word) ?? prog.findSymbol(word)?.address;
  if (at === undefined) throw new UsageError(`kmem: ${word} is no address`);
  if (at >= prog.kernelStart) {
    if (reader.map.frameOf(at) !== undefined) return at;
    const where = prog.memory.translate(at);
    return typeof where === 'string' ? undefined : reader.map.pageOf(Math.floor(where.phys / prog.pageSize));
  }
  return reader.map.pageOf(Number(at / BigInt(prog.pageSize)));
}

interface MembersData {
  readonly members: readonly string[];
  readonly pages: Iterable<{ readonly page: string; readonly values: Readonly<Record<string, string>> }>;
}

/** `kmem -m`: members of page descriptors. */
export const pageMembers = commandPart<MembersData>({
  name: 'pageMembers',
  flag: 'm',
  schema: object('Members of page descriptors.', {
    members: arrayOf('Names of the members.', string('Name.')),
    pages: arrayOf(
      'Pages.',
      object('One page.', {
        page: hexString('Address of `struct page`.'),
        values: record(
          'By member.',
          string('Its words in hexadecimal, separated by commas; empty when it cannot be read.'),
        ),
      }),
    ),
  }),
  run({ prog }, args) {
    const members = (args.value('m') ?? '').split(',');
    for (const member of members) {
      if (!prog.findMember('page', member)) throw new NotFoundError('member', `page.${member}`);
    }
    const reader = need(pageReader(prog));
    const all = function* (): Generator<bigint> {
      if (args.operands.length === 0) for (const page of allPages(prog, reader)) yield page.address;
      for (const word of args.operands) {
        const at = pageAddress(prog, reader, word);
        if (at === undefined) throw new NotFoundError('page', word, 'it is not in the memory map');
        yield at;
      }
    };
    const found: { page: string; values: Record<string, string> }[] = [];
    for (const page of all()) found.push({ page: hex64(page), values: memberValues(prog, page, members) });
    return { members, pages: found };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: memberLines(data) };
  },
});

function* memberLines(data: MembersData): Generator<string> {
  yield `      PAGE        ${data.members.join('  ')}`;
  for (const { page, values } of data.pages) {
    yield `${digits(page)}  ${data.members.map((m) => values[m]).join('  ')}`;
  }
}

function memberValues(prog: Program, page: bigint, members: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const member of members) {
    const bytes = pageMemberBytes(prog, page, member);
    values[member] = bytes === undefined ? '' : wordsOf(bytes, prog, member);
  }
  return values;
}

/** `_mapcount` is minus one for none. */
function wordsOf(bytes: Uint8Array, prog: Program, member: string): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = prog.arch.littleEndian;
  if (member === '_mapcount') return String(view.getInt32(0, little));
  const words: string[] = [];
  const unit = bytes.length % 8 === 0 ? 8 : bytes.length % 4 === 0 ? 4 : 1;
  for (let at = 0; at < bytes.length; at += unit) {
    const value =
      unit === 8 ? view.getBigUint64(at, little) : unit === 4 ? view.getUint32(at, little) : view.getUint8(at);
    words.push(value.toString(16).padStart(unit * 2, '0'));
  }
  return words.join(',');
}
