import type { ByteSource } from '../../src/base/byte-source.ts';
import { AnalysisError } from '../../src/base/errors.ts';
import { openCase } from '../../src/diagnosis/open-case.ts';
import { openImage } from '../../src/dump/open-image.ts';
import { logRecords } from '../../src/kernel/printk.ts';
import { taskTable } from '../../src/kernel/task.ts';
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
import { commandLines } from './command-lines.ts';
import { cutSource, damageFiles } from './file-damage.ts';
import { damageMemory, findTargets, type Targets } from './memory-damage.ts';
import { CUTS, FILE_KINDS, type FuzzCase, type FuzzDump } from './plan.ts';

/** What can be told of a dump, as texts that can be compared. */
interface Answers {
  readonly tasks: ReadonlySet<string>;
  readonly records: ReadonlySet<string>;
  readonly frames: readonly string[];
}

/** What one case came to. */
export interface CaseResult {
  readonly number: number;
  readonly dump: string;
  readonly kind: string;
  readonly what: string;
  readonly opened: boolean;
  /** Shares of the sound dump's answers, 0 to 1. */
  readonly kept: { readonly tasks: number; readonly records: number; readonly frames: number };
  /** Texts of what should not have happened: exceptions that are bugs, control characters in an answer. */
  readonly errors: readonly string[];
  readonly cpuMs: number;
  readonly slowest: string;
}

/** A sound dump with what is known of it; files stay open until `close`. */
export class SoundDump {
  readonly dump: FuzzDump;
  readonly files: readonly FileSource[];
  readonly image: DumpImage;
  readonly answers: Answers;
  #targets: Targets | undefined;

  constructor(dump: FuzzDump) {
    this.dump = dump;
    this.files = dump.files.map((f) => openFileSource(f));
    this.image = openImage(this.files, nodeCodecs());
    this.answers = answersOf(openProgram(this.image));
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
    frames: (openCase(prog).stack?.frames ?? []).map((f) => `${f.symbol}+${f.offset}`),
  };
}

/** The files of a case whose kind is a damage of files. */
export function damagedFiles(
  sound: SoundDump,
  one: FuzzCase,
  random: (n: number) => number,
): { files: readonly ByteSource[]; what: string } {
  if (one.kind !== 'cut') return damageFiles(sound.files, one.kind, random);
  const share = (one.cut ?? 0) / CUTS;
  const files = sound.files.map((f) => cutSource(f, Math.floor(f.size * share)));
  return { files, what: `cut to ${(share * 100).toFixed(1)} %` };
}

/** A case as an image, which is opened when it is asked for. */
function damagedImage(sound: SoundDump, one: FuzzCase): { open: () => DumpImage; what: string } {
  const random = seededRandom(one.number + 1);
  if (one.kind === 'cut' || (FILE_KINDS as readonly string[]).includes(one.kind)) {
    const { files, what } = damagedFiles(sound, one, random);
    return { open: () => openImage(files, nodeCodecs()), what };
  }
  const { image, what } = damageMemory(sound.image, sound.targets, one.kind, random);
  return { open: () => image, what };
}

const COMMANDS_A_CASE = 3;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this finds
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Opens a damaged dump, makes the report and runs some commands; whatever goes wrong is told, nothing is thrown. */
export function runCase(sound: SoundDump, one: FuzzCase): CaseResult {
  const errors: string[] = [];
  const start = process.cpuUsage();
  let slowest = { what: '', ms: 0 };
  const ask = <T>(what: string, question: () => T): T | undefined => {
    const from = process.cpuUsage();
    try {
      return question();
    } catch (e) {
      if (!(e instanceof AnalysisError)) errors.push(`${what}: ${e instanceof Error ? e.stack : String(e)}`);
      return undefined;
    } finally {
      const ms = cpuMs(from);
      if (ms > slowest.ms) slowest = { what, ms };
    }
  };
  const check = (what: string, text: string): void => {
    const at = text.search(UNSAFE);
    if (at >= 0) errors.push(`${what}: unescaped ${JSON.stringify(text.slice(Math.max(0, at - 40), at + 20))}`);
  };
  const { open, what } = damagedImage(sound, one);
  const prog = ask('open', () => openProgram(open()));
  let kept = { tasks: 0, records: 0, frames: 0 };
  if (prog) {
    prog.disassembler = nodeDisassembler();
    prog.codecs = nodeCodecs();
    ask('report', () => {
      const blocks = [...crashReportBlocks(makeReport(prog))];
      check('report', [...renderText(blocks)].join(''));
      const markdown = [...renderMarkdown(blocks)].join('');
      check('report --format md', markdown);
      if (/<script|<img/i.test(markdown.replace(/^( {4}|```)[\s\S]*?^(```)?$/gm, '')))
        errors.push('report --format md: a tag');
    });
    const session = new FullSession(prog, { dumpNames: ['dump'] });
    for (let i = 0; i < COMMANDS_A_CASE; i++) {
      const line = commandLines[(one.number * COMMANDS_A_CASE + i) % commandLines.length] as string;
      ask(line, () => check(line, [...renderText(session.run(line)?.blocks ?? [])].join('')));
    }
    const now = ask('answers', () => answersOf(prog));
    if (now) kept = keptOf(sound.answers, now);
  }
  return {
    number: one.number,
    dump: sound.dump.name,
    kind: one.kind,
    what,
    opened: prog !== undefined,
    kept,
    errors,
    cpuMs: cpuMs(start),
    slowest: `${slowest.what} ${slowest.ms.toFixed(0)} ms`,
  };
}

function keptOf(whole: Answers, now: Answers): CaseResult['kept'] {
  const share = (of: ReadonlySet<string>, has: ReadonlySet<string>): number =>
    of.size === 0 ? 1 : [...of].filter((x) => has.has(x)).length / of.size;
  return {
    tasks: share(whole.tasks, now.tasks),
    records: share(whole.records, now.records),
    frames: share(new Set(whole.frames), new Set(now.frames)),
  };
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
