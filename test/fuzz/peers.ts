import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteSource } from '../../src/base/byte-source.ts';
import { openProgram } from '../../src/open.ts';
import { seededRandom } from '../build/byte-writer.ts';
import { vmlinuxOf } from '../parity/lab-dumps.ts';
import { damagedFiles, runDumpCase, SoundDump } from './dump-case.ts';
import { elfOf, formsOf } from './forms.ts';
import { damageMemory } from './memory-damage.ts';
import { askCrash, askDrgn, type PeerAnswers } from './peer-answers.ts';
import { CUTS, FILE_DAMAGE, type FuzzCase, type FuzzDump, isOfMemory, MEMORY_KINDS } from './plan.ts';

export interface PeerOptions {
  /** Cases of every kind on every sample. */
  readonly each: number;
  /** The first of them; those before it were made by another run. */
  readonly from: number;
  readonly samples: readonly FuzzDump[];
  /** Where the samples' other forms are kept. */
  readonly forms: string;
  /** Kinds of damage that are wanted. */
  readonly only: (kind: string) => boolean;
}

const TOOLS = ['inquest', 'crash', 'drgn'] as const;
type Tool = (typeof TOOLS)[number];
/** Shares of tasks, log records and frames. */
type Shares = readonly [tasks: number, records: number, frames: number];

/** Adds up what one tool keeps. */
class Kept {
  readonly #sums = [0, 0, 0];
  #cases = 0;
  #nothing = 0;
  hung = 0;
  died = 0;

  add(shares: Shares, end?: PeerAnswers['end']): void {
    this.#cases++;
    for (const [i, n] of shares.entries()) this.#sums[i] = (this.#sums[i] as number) + n;
    if (shares.every((n) => n === 0)) this.#nothing++;
    if (end) this[end]++;
  }

  toString(): string {
    const means = this.#sums.map((n) => ((100 * n) / Math.max(1, this.#cases)).toFixed(0).padStart(5));
    return `${means.join('')}${String(this.#nothing).padStart(6)}  `;
  }
}

class Row {
  readonly #name: string;
  readonly #kept: Readonly<Record<Tool, Kept>> = { inquest: new Kept(), crash: new Kept(), drgn: new Kept() };
  #cases = 0;

  constructor(name: string) {
    this.#name = name;
  }

  add(shares: Readonly<Record<Tool, Shares>>, told: Readonly<Record<'crash' | 'drgn', PeerAnswers>>): void {
    this.#cases++;
    this.#kept.inquest.add(shares.inquest);
    for (const tool of ['crash', 'drgn'] as const) this.#kept[tool].add(shares[tool], told[tool].end);
  }

  toString(): string {
    const ends = TOOLS.flatMap((t) => {
      const { hung, died } = this.#kept[t];
      return [hung > 0 ? `${t}: ${hung} not ended in time` : '', died > 0 ? `${t}: ${died} ended by a signal` : ''];
    }).filter((s) => s !== '');
    return `${this.#name.padEnd(13)}${String(this.#cases).padStart(5)}  ${TOOLS.map((t) => this.#kept[t]).join('')}${ends.join(', ')}`;
  }
}

const HEAD = `${'% kept'.padEnd(13)}cases  inquest: tasks log frames, nothing; crash; drgn`;

/**
 * The same damaged files in crash, drgn and here: the share of each tool's own answers about the whole dump that it still
 * gives, and how often it gives nothing. Faults while reading cannot be written to a file and are left out.
 */
export async function* comparePeers(options: PeerOptions): AsyncIterable<string> {
  const folder = mkdtempSync(join(tmpdir(), 'inquest-peers-'));
  const total = new Row('all');
  const elfs = formsOf(options.samples, options.forms, ['elf']);
  try {
    for (const [i, sample] of options.samples.entries()) {
      // Damage of files meets the sample itself; that of memory is written as an ELF file.
      yield* compareDump(sample, FILE_DAMAGE, options, folder, total);
      yield* compareDump(elfs[i] as FuzzDump, MEMORY_KINDS, options, folder, total);
    }
    yield '';
    yield HEAD;
    yield String(total);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* compareDump(
  dump: FuzzDump,
  kinds: readonly string[],
  { each, from, only }: PeerOptions,
  folder: string,
  total: Row,
): AsyncIterable<string> {
  const wanted = kinds.filter(only);
  if (wanted.length === 0) return;
  const sound = new SoundDump(dump);
  await sound.prepare();
  const ask = peersOf(sound);
  const whole = ask(dump.files);
  yield '';
  yield `${dump.name} whole: crash ${told(whole.crash)}, drgn ${told(whole.drgn)}`;
  yield HEAD;
  for (const kind of wanted) {
    const row = new Row(kind);
    for (let n = from; n < from + each; n++) {
      const cut = Math.floor((((n * 7) % 19) + 1) * (CUTS / 20));
      const one: FuzzCase = { number: n * 7, dump, kind, ...(kind === 'cut' && { cut }) };
      const files = await writeCase(sound, one, folder);
      const { kept } = await runDumpCase(sound, one);
      const now = ask(files);
      const shares = {
        inquest: [kept.tasks ?? 0, kept.records ?? 0, kept.frames ?? 0],
        crash: sharesOf(now.crash, whole.crash),
        drgn: sharesOf(now.drgn, whole.drgn),
      } as const;
      row.add(shares, now);
      total.add(shares, now);
    }
    yield String(row);
  }
  sound.close();
}

type Peers = Readonly<Record<'crash' | 'drgn', PeerAnswers>>;

/** The tools for a dump. */
function peersOf(sound: SoundDump): (files: readonly string[]) => Peers {
  const release = /^OSRELEASE=(.+)$/m.exec(sound.image.vmcoreinfo ?? '')?.[1] ?? '';
  const vmlinux = vmlinuxOf(release);
  if (vmlinux === undefined) throw new Error(`${sound.dump.name}: the lab has no vmlinux of ${release}`);
  const program = openProgram(sound.image).arch.name === 'aarch64' ? 'crash-arm64' : 'crash';
  return (files) => ({ crash: askCrash(vmlinux, files, program), drgn: askDrgn(vmlinux, files) });
}

/** Writes the damaged files of a case. */
async function writeCase(sound: SoundDump, one: FuzzCase, folder: string): Promise<string[]> {
  const random = seededRandom(one.number + 1);
  if (isOfMemory(one.kind)) {
    const path = join(folder, 'vmcore');
    writeFileSync(path, elfOf(damageMemory(sound.image, sound.targets, one.kind, random).image));
    return [path];
  }
  const paths: string[] = [];
  for (const [n, source] of damagedFiles(sound, one, random).files.entries()) {
    paths.push(join(folder, `vmcore.${n}`));
    await writeSource(source, paths[n] as string);
  }
  return paths;
}

function told({ tasks, records, frames }: PeerAnswers): string {
  return `${tasks} tasks, ${records} log lines, ${frames} frames`;
}

/** Of what a tool does not tell of the whole dump it keeps nothing. */
function sharesOf(now: PeerAnswers, whole: PeerAnswers): Shares {
  const share = (a: number, b: number): number => (b === 0 ? 0 : Math.min(1, a / b));
  return [share(now.tasks, whole.tasks), share(now.records, whole.records), share(now.frames, whole.frames)];
}

/** Writes what a source gives. */
export async function writeSource(source: ByteSource, path: string): Promise<void> {
  const out = createWriteStream(path);
  for (let at = 0; at < source.size; at += 1 << 20) {
    const bytes = new Uint8Array(Math.min(1 << 20, source.size - at));
    source.read(at, bytes);
    if (!out.write(bytes)) await new Promise<void>((done) => out.once('drain', () => done()));
  }
  await new Promise<void>((done) => out.end(() => done()));
}
