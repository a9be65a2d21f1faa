import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ByteSource } from '../../src/base/byte-source.ts';
import { openFileSource } from '../../src/node/file-source.ts';
import { cutSource } from '../fuzz/file-damage.ts';
import { askCrash, askDrgn, type PeerAnswers } from '../fuzz/peer-answers.ts';
import { writeSource } from '../fuzz/peers.ts';
import { type LabDump, labDumps } from '../parity/lab-dumps.ts';
import { limeFile, rawFile } from './ram-forms.ts';
import { compareWithOwnPages, compareWithWhole, type Kept, type Whole, wholeOf } from './survivors.ts';

/**
 * `npm run survive`: dumps of every form cut at 90, 60, 30 and 10 % in inquest, crash and drgn. Exit status 1 when an answer
 * lacks something here although every page that it was made of is in the file.
 */
const { values } = parseArgs({
  options: {
    dumps: { type: 'string', multiple: true },
    'no-peers': { type: 'boolean', default: false },
    /** Cuts at every twentieth too, in inquest alone, of which only what is lost is told. */
    fine: { type: 'boolean', default: false },
  },
});
const USUAL = [
  'amd64-6.1-kexec-d31-zlib',
  'amd64-6.1-kexec-d31-lzo',
  'amd64-6.1-kexec-d31-zstd',
  'amd64-6.1-kexec-d31-elf',
  'amd64-6.1-kexec-flat-zlib',
  'amd64-6.1-kexec-flat-elf',
  'amd64-6.1-kexec-split',
  'amd64-6.1-null-elf',
  'amd64-6.1-null',
  'arm64-6.1-rcuinode',
  'arm64-6.1-rcuinode-elf',
];
const SHARES = [0.9, 0.6, 0.3, 0.1];
const FINE = Array.from({ length: 19 }, (_, i) => (19 - i) / 20);

/** A file or files that hold a dump, and whether crash and drgn can be asked about them. */
interface Form {
  readonly name: string;
  readonly sources: readonly ByteSource[];
  readonly forPeers: boolean;
}

const { dumps, without } = labDumps(values.dumps ?? USUAL);
for (const name of without) console.log(`${name}: no vmlinux, left out`);
const folder = mkdtempSync(join(tmpdir(), 'inquest-survive-'));
let lost = 0;
try {
  for (const dump of dumps) {
    const files = dump.files.map((f) => openFileSource(f));
    for (const form of formsOf(dump, files)) await surviveForm(dump, form);
    for (const s of files) s.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${lost} answers lost although their pages are there`);
process.exitCode = lost > 0 ? 1 : 0;

/** The dump as it is, and of an unfiltered ELF file the memory in it in two more forms. */
function formsOf(dump: LabDump, files: readonly ByteSource[]): Form[] {
  const forms: Form[] = [{ name: dump.name, sources: files, forPeers: !values['no-peers'] }];
  if (!dump.name.endsWith('-elf') || dump.name.includes('kexec')) return forms;
  const { memory } = wholeOf(files).image;
  forms.push({ name: `${dump.name} as LiME`, sources: [limeFile(memory)], forPeers: false });
  forms.push({ name: `${dump.name} as raw memory`, sources: [rawFile(memory)], forPeers: false });
  return forms;
}

async function surviveForm(dump: LabDump, { name, sources, forPeers }: Form): Promise<void> {
  const whole = wholeOf(sources);
  const { tasks, log, stack } = whole.answers;
  console.log(`${name}: ${tasks.length} tasks, ${log.length} log records, ${stack.length} frames`);
  note('with the pages of each answer alone', compareWithOwnPages(whole));
  for (const share of SHARES) {
    const cut = cutTo(sources, share);
    note(`cut to ${share * 100} %`, compareWithWhole(whole, cut), true);
    if (forPeers) await askPeers(dump, cut);
  }
  for (const share of values.fine ? FINE : []) {
    note(`cut to ${(share * 100).toFixed(0)} %`, compareWithWhole(whole, cutTo(sources, share)));
  }
  if (sources.length > 1) withoutParts(whole, sources);
}

/** A split set that lacks one of its files, the others in the wrong order. */
function withoutParts(whole: Whole, sources: readonly ByteSource[]): void {
  for (const missing of sources) {
    const rest = sources.filter((s) => s !== missing).reverse();
    note(`without part ${sources.indexOf(missing) + 1} of ${sources.length}`, compareWithWhole(whole, rest), true);
  }
}

function cutTo(sources: readonly ByteSource[], share: number): ByteSource[] {
  return sources.map((s) => cutSource(s, Math.floor(s.size * share)));
}

/** @param always also when nothing is lost */
function note(what: string, kept: Kept, always = false): void {
  lost += kept.lost.length;
  if (!always && kept.lost.length === 0) return;
  const { tasks, log, stack } = kept.parts;
  const cell = (text: string): string => text.padEnd(24);
  const pages = (p: { pagesThere: number; pages: number }): string => `(pages ${p.pagesThere}/${p.pages})`;
  console.log(`  ${what}`);
  if (kept.failed !== undefined) console.log(`    inquest  nothing: ${kept.failed}`);
  else {
    const shown = `tasks ${tasks.kept}/${tasks.all}, ${kept.tasksThere} of their structures there`;
    console.log(
      `    inquest  ${shown.padEnd(50)} ${cell(`log ${log.kept}/${log.all} ${pages(log)}`)} stack ${stack.kept}/${stack.all} ${pages(stack)}`,
    );
  }
  for (const why of kept.lost) console.log(`    LOST     ${why}`);
}

async function askPeers(dump: LabDump, cut: readonly ByteSource[]): Promise<void> {
  const files = cut.map((_, i) => join(folder, `vmcore.${i}`));
  for (const [i, source] of cut.entries()) await writeSource(source, files[i] as string);
  console.log(
    `    crash    ${told(askCrash(dump.vmlinux, files, dump.arch === 'amd64' ? 'crash' : `crash-${dump.arch}`))}`,
  );
  console.log(`    drgn     ${told(askDrgn(dump.vmlinux, files))}`);
}

function told({ opened, tasks, records, frames, last }: PeerAnswers): string {
  if (!opened || tasks + records + frames === 0) return `nothing: ${last}`;
  return `${tasks} tasks, ${records} log lines, ${frames} frames`;
}
