import { architectures } from '../../src/arch/index.ts';
import type { ByteSource } from '../../src/base/byte-source.ts';
import { openDebugFile } from '../../src/debug/dwarf/debug-file.ts';
import { dwarfProvider } from '../../src/debug/dwarf/dwarf-provider.ts';
import { symbolProvider } from '../../src/debug/dwarf/symbol-provider.ts';
import { openCase } from '../../src/diagnosis/open-case.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import { nodeDisassembler } from '../../src/node/disassembler.ts';
import { type FileSource, openFileSource } from '../../src/node/file-source.ts';
import { openProgram } from '../../src/open.ts';
import type { Program } from '../../src/program/program.ts';
import { renderText } from '../../src/report/render-text.ts';
import { FullSession } from '../../src/session/full-session.ts';
import { seededRandom } from '../build/byte-writer.ts';
import { cut, type Patch, patchedSource, type SectionPlace, scratch, sectionPlaces } from '../build/damaged-source.ts';
import type { CaseResult } from './case-result.ts';
import { SoundDump } from './dump-case.ts';
import { cutSource, type Damage, damageFiles, type Random } from './file-damage.ts';
import { CUTS, type FuzzCase, type FuzzDump } from './plan.ts';
import { Questions, shareOf } from './questions.ts';

/** Commands that read debug files; those in the kernel's own types do not. */
const LINES = [
  ...['bt -l', 'bt -v', 'bt -a -l', 'foreach bt -l', 'dis -l panic', 'dis -s panic', 'dis -s schedule 5'],
  ...['frame 1', 'sym -l panic', 'sym schedule', 'whatis linux_binprm', 'struct -o ext4_inode_info'],
  ...[
    'p init_task.comm',
    'p jiffies_64',
    'p $rip',
    'mod -s',
    'struct no_such_type',
    'p PAGE_SIZE',
    'whatis current_task',
  ],
];
const LINES_A_CASE = 3;
const disassembler = nodeDisassembler();

/** A sound dump with the debug files of its kernel. */
export class SoundDebug {
  readonly dump: FuzzDump;
  readonly #sound: SoundDump;
  readonly #files: readonly FileSource[];
  #places: ReadonlySet<string> = new Set();

  constructor(dump: FuzzDump) {
    this.dump = dump;
    this.#sound = new SoundDump({ ...dump, type: 'dump' });
    this.#files = (dump.debugFiles ?? []).map((f) => openFileSource(f));
  }

  async prepare(): Promise<void> {
    await this.#sound.prepare();
    const { prog } = this.#open(this.#files, new Questions());
    this.#places = sourcePlaces(prog);
  }

  /** The program with what can be opened of these debug files. */
  #open(files: readonly ByteSource[], questions: Questions): { prog: Program; opened: number } {
    const prog = openProgram(this.#sound.image);
    prog.disassembler = disassembler;
    const codecs = nodeCodecs();
    prog.codecs = codecs;
    let opened = 0;
    for (const source of files) {
      questions.ask(`open ${source.name}`, () => {
        const file = openDebugFile(source, codecs, architectures, { open: () => undefined });
        prog.add(dwarfProvider([file]));
        prog.add(symbolProvider([file]));
        opened++;
      });
    }
    return { prog, opened };
  }

  run(one: FuzzCase): CaseResult {
    const random = seededRandom(one.number + 1);
    const index = one.kind === 'debug module' ? this.#files.length - 1 : 0;
    const { source, ...damage } = damageDebug(this.#files[index] as FileSource, one.kind, random);
    const questions = new Questions();
    const { prog, opened } = this.#open(this.#files.with(index, { ...source, close() {} }), questions);
    const session = new FullSession(prog, { dumpNames: ['dump'] });
    for (const line of ['bt -l', ...Array.from({ length: LINES_A_CASE }, () => LINES[random(LINES.length)] as string)])
      questions.ask(line, () => questions.check(line, [...renderText(session.run(line)?.blocks ?? [])].join('')));
    const now = questions.ask('lines', () => sourcePlaces(prog));
    const { errors, cpuMs, slowest } = questions;
    const kept = { lines: now ? shareOf(this.#places, now) : 0 };
    return { ...damage, opened: opened === this.#files.length, kept, errors, cpuMs, slowest };
  }

  close(): void {
    this.#sound.close();
    for (const f of this.#files) f.close();
  }
}

/** Where the frames of the crash are in the source. */
function sourcePlaces(prog: Program): ReadonlySet<string> {
  const frames = openCase(prog).stack?.frames ?? [];
  return new Set(frames.flatMap((f) => (prog.sourceAt(BigInt(f.pc)) ?? []).map((s) => `${f.pc} ${JSON.stringify(s)}`)));
}

function damageDebug(file: ByteSource, kind: string, random: Random): Damage & { readonly source: ByteSource } {
  if (kind === 'debug cut') {
    const n = random(CUTS);
    const tenth = Math.floor(n / 20) * 10;
    const source = cutSource(file, Math.floor((file.size * n) / CUTS));
    return { source, what: `cut to ${n / 2} %`, amount: `to ${String(tenth).padStart(2)}..${tenth + 10} %` };
  }
  if (kind === 'debug read-error' || kind === 'debug short-read') {
    const { files, ...damage } = damageFiles([file], kind.replace('debug ', ''), random);
    return { source: files[0] as ByteSource, ...damage };
  }
  const sections = sectionPlaces(file).filter((s) => s.size > 0);
  const patches: Patch[] = [];
  const named: string[] = [];
  if (kind === 'debug header') {
    for (let n = 1 + random(6); n > 0; n--) patches.push(headerPatch(sections, random));
  } else {
    const told = sections.filter((s) => /^\.(z?debug_|symtab|strtab|eh_frame|BTF|orc_|rela?\.debug)/.test(s.name));
    for (let n = 1 + random(3); n > 0 && told.length > 0; n--) {
      const section = told[random(told.length)] as SectionPlace;
      named.push(section.name);
      if (random(4) === 0) patches.push(cut(section, random(section.size)));
      else patches.push(...scratch(section, [1, 30, 1000][random(3)] as number, random));
    }
  }
  const amount =
    patches.length < 10 ? 'under 10 bytes' : patches.length < 100 ? '10 to 99 bytes' : '100 bytes and more';
  return { source: patchedSource(file, patches), what: named.join(' ') || `${patches.length} fields`, amount };
}

/** A field of the file's header, or of a section's. */
function headerPatch(sections: readonly SectionPlace[], random: Random): Patch {
  const width = [1, 2, 4, 8][random(4)] as number;
  const value = [0, 0xff, 0x7f, random(256)][random(4)] as number;
  const bytes = new Uint8Array(width).fill(value);
  const section = sections[random(sections.length)];
  if (random(3) === 0 || !section) return { at: 16 + random(48 - width), bytes };
  return { at: section.header + random(65 - width), bytes };
}
