import type { ByteSource } from '../../src/base/byte-source.ts';
import { openCase } from '../../src/diagnosis/open-case.ts';
import { dumpFormats } from '../../src/dump/index.ts';
import { openImage } from '../../src/dump/open-image.ts';
import { logRecords } from '../../src/kernel/printk.ts';
import { taskTable } from '../../src/kernel/task.ts';
import { openPacked } from '../../src/node/archive/open-packed.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import { nodeDisassembler } from '../../src/node/disassembler.ts';
import { type FileSource, openFileSource } from '../../src/node/file-source.ts';
import { openProgram } from '../../src/open.ts';
import type { DumpImage } from '../../src/program/ports.ts';
import type { Program } from '../../src/program/program.ts';
import { crashReportBlocks } from '../../src/report/crash-report-blocks.ts';
import { renderMarkdown } from '../../src/report/render-markdown.ts';
import { renderText } from '../../src/report/render-text.ts';
import { FullSession } from '../../src/session/full-session.ts';
import { makeReport } from '../../src/session/make-report.ts';
import { seededRandom } from '../build/byte-writer.ts';
import type { CaseResult } from './case-result.ts';
import { commandLines } from './command-lines.ts';
import { cutSource, type Damage, damageFiles, type Random } from './file-damage.ts';
import { damageMemory } from './memory-damage.ts';
import { CUTS, type FuzzCase, type FuzzDump, isOfMemory } from './plan.ts';
import { Questions, shareOf } from './questions.ts';
import { findTargets, type Targets } from './targets.ts';

/** What can be told of a dump, as texts that can be compared. */
interface Answers {
  readonly tasks: ReadonlySet<string>;
  readonly records: ReadonlySet<string>;
  readonly frames: ReadonlySet<string>;
}

/** A sound dump with what is known of it; files stay open until `close`. */
export class SoundDump {
  readonly dump: FuzzDump;
  readonly files: readonly FileSource[];
  #opened: { readonly image: DumpImage; readonly answers: Answers } | undefined;
  #targets: Targets | undefined;

  constructor(dump: FuzzDump) {
    this.dump = dump;
    this.files = dump.files.map((f) => openFileSource(f));
  }

  /** Reads what cases need. */
  async prepare(): Promise<void> {
    const { image, close } = await openFiles(this.files, this.dump.type === 'packed');
    this.#opened = { image, answers: answersOf(openProgram(image)) };
    if (this.dump.type === 'packed') close();
  }

  get image(): DumpImage {
    if (!this.#opened) throw new Error(`${this.dump.name} is not prepared`);
    return this.#opened.image;
  }

  get answers(): Answers {
    if (!this.#opened) throw new Error(`${this.dump.name} is not prepared`);
    return this.#opened.answers;
  }

  get targets(): Targets {
    this.#targets ??= findTargets(this.image);
    return this.#targets;
  }

  close(): void {
    for (const f of this.files) f.close();
  }
}

function answersOf(prog: Program): Answers {
  return {
    tasks: new Set(taskTable(prog).tasks.map((t) => `${t.pid} ${t.comm}`)),
    records: new Set(logRecords(prog).records.map((r) => `${r.timestampNs} ${r.text}`)),
    frames: new Set((openCase(prog).stack?.frames ?? []).map((f) => `${f.symbol}+${f.offset}`)),
  };
}

/** Opens files as the command line does, archives unpacked. */
async function openFiles(
  files: readonly ByteSource[],
  packed: boolean,
): Promise<{ readonly image: DumpImage; close(): void }> {
  const codecs = nodeCodecs();
  if (!packed) return { image: openImage(files, codecs), close() {} };
  const isDump = (src: ByteSource): boolean => dumpFormats.some((format) => format.probe(src));
  const inner: FileSource[] = [];
  const close = (): void => {
    for (const f of inner) f.close();
  };
  try {
    for (const { name, size, read } of files)
      inner.push(...(await openPacked({ name, size, read, close() {} }, { codecs, isDump })));
    return { image: openImage(inner, codecs), close };
  } catch (e) {
    close();
    throw e;
  }
}

/** The files of a case whose kind is a damage of files. */
export function damagedFiles(
  sound: SoundDump,
  one: FuzzCase,
  random: Random,
): Damage & { files: readonly ByteSource[] } {
  if (one.kind !== 'cut') return damageFiles(sound.files, one.kind, random);
  const share = (one.cut ?? 0) / CUTS;
  const files = sound.files.map((f) => cutSource(f, Math.floor(f.size * share)));
  const tenth = Math.floor((one.cut ?? 0) / 20) * 10;
  return {
    files,
    what: `cut to ${(share * 100).toFixed(1)} %`,
    amount: `to ${String(tenth).padStart(2)}..${tenth + 10} %`,
  };
}

/** A case as an image, which is opened when it is asked for. */
function damagedImage(
  sound: SoundDump,
  one: FuzzCase,
  random: Random,
): Damage & { open(): Promise<{ readonly image: DumpImage; close(): void }> } {
  if (!isOfMemory(one.kind)) {
    const { files, ...damage } = damagedFiles(sound, one, random);
    return { open: () => openFiles(files, sound.dump.type === 'packed'), ...damage };
  }
  const { image, ...damage } = damageMemory(sound.image, sound.targets, one.kind, random);
  return { open: async () => ({ image, close() {} }), ...damage };
}

const COMMANDS_A_CASE = 3;
/** Compiled once in a process. */
const disassembler = nodeDisassembler();

/** What most users ask first; the report, which takes as long as a dozen commands, is asked in every other case. */
const FIRST = ['sys', 'bt', 'ps', 'log'];

/** Opens a damaged dump, makes the report or gives the first answers, and runs some commands. */
export async function runDumpCase(sound: SoundDump, one: FuzzCase): Promise<CaseResult> {
  const random = seededRandom(one.number + 1);
  const { open, what, amount } = damagedImage(sound, one, random);
  const questions = new Questions();
  const opened = await questions.wait('open', open);
  const prog = opened && questions.ask('open', () => openProgram(opened.image));
  let kept: CaseResult['kept'] = { tasks: 0, records: 0, frames: 0 };
  if (prog) {
    prog.disassembler = disassembler;
    prog.codecs = nodeCodecs();
    const more = Array.from({ length: COMMANDS_A_CASE }, () => commandLines[random(commandLines.length)] as string);
    const session = new FullSession(prog, { dumpNames: ['dump'] });
    if (one.number % 2 === 0) askReport(prog, questions);
    for (const line of one.number % 2 === 0 ? more : [...FIRST, ...more])
      questions.ask(line, () => questions.check(line, [...renderText(session.run(line)?.blocks ?? [])].join('')));
    const now = questions.ask('answers', () => answersOf(prog));
    const { answers } = sound;
    if (now)
      kept = {
        tasks: shareOf(answers.tasks, now.tasks),
        records: shareOf(answers.records, now.records),
        frames: shareOf(answers.frames, now.frames),
      };
  }
  opened?.close();
  const { errors, cpuMs, slowest } = questions;
  return { what, amount, opened: prog !== undefined, kept, errors, cpuMs, slowest };
}

function askReport(prog: Program, questions: Questions): void {
  questions.ask('report', () => {
    const blocks = [...crashReportBlocks(makeReport(prog))];
    questions.check('report', [...renderText(blocks)].join(''));
    const markdown = [...renderMarkdown(blocks)].join('');
    questions.check('report --format md', markdown);
    if (/<script|<img/i.test(markdown.replace(/^( {4}|```)[\s\S]*?^(```)?$/gm, '')))
      questions.errors.push('report --format md: a tag');
  });
}
