import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteSource } from '../../src/base/byte-source.ts';
import { seededRandom } from '../build/byte-writer.ts';
import { labDumps } from '../parity/lab-dumps.ts';
import { damagedFiles, runDumpCase, SoundDump } from './dump-case.ts';
import { askCrash, askDrgn, type PeerAnswers } from './peer-answers.ts';
import { FILE_DAMAGE, type FuzzCase, type FuzzDump } from './plan.ts';

/**
 * The same damaged files in crash, drgn and here: the share of each tool's own answers about the whole dump that it still
 * gives. @param each cases of every kind
 */
export async function* comparePeers(each: number, glob: string): AsyncIterable<string> {
  const [dump] = labDumps([glob]).dumps;
  if (!dump) throw new Error(`${glob}: no dump of the lab with a vmlinux`);
  const fuzzDump: FuzzDump = { name: dump.name, files: dump.files, type: 'dump' };
  const sound = new SoundDump(fuzzDump);
  await sound.prepare();
  const whole = { crash: askCrash(dump.vmlinux, dump.files), drgn: askDrgn(dump.vmlinux, dump.files) };
  yield '';
  yield `${dump.name} whole: crash ${told(whole.crash)}, drgn ${told(whole.drgn)}`;
  yield `${'share kept'.padEnd(14)} inquest tasks/log/frames   crash tasks/log/frames   drgn tasks/log/frames`;
  const folder = mkdtempSync(join(tmpdir(), 'inquest-peers-'));
  try {
    for (const kind of FILE_DAMAGE) {
      const sums = { inquest: [0, 0, 0], crash: [0, 0, 0], drgn: [0, 0, 0] };
      for (let i = 0; i < each; i++) {
        const one: FuzzCase = { number: i * 7, dump: fuzzDump, kind, cut: Math.floor(((i + 1) * 200) / (each + 1)) };
        const files: string[] = [];
        for (const [n, source] of damagedFiles(sound, one, seededRandom(one.number + 1)).files.entries()) {
          files.push(join(folder, `vmcore.${n}`));
          await writeSource(source, files[n] as string);
        }
        const { kept } = await runDumpCase(sound, one);
        add(sums.inquest, [kept.tasks ?? 0, kept.records ?? 0, kept.frames ?? 0]);
        add(sums.crash, sharesOf(askCrash(dump.vmlinux, files), whole.crash));
        add(sums.drgn, sharesOf(askDrgn(dump.vmlinux, files), whole.drgn));
      }
      const show = (sum: number[]): string => sum.map((n) => `${((100 * n) / each).toFixed(0)} %`.padStart(6)).join('');
      yield `${kind.padEnd(14)} ${show(sums.inquest).padEnd(26)} ${show(sums.crash).padEnd(24)} ${show(sums.drgn)}`;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    sound.close();
  }
}

function told({ tasks, records, frames }: PeerAnswers): string {
  return `${tasks} tasks, ${records} log lines, ${frames} frames`;
}

function sharesOf(now: PeerAnswers, whole: PeerAnswers): number[] {
  const share = (a: number, b: number): number => (b === 0 ? 1 : Math.min(1, a / b));
  return [share(now.tasks, whole.tasks), share(now.records, whole.records), share(now.frames, whole.frames)];
}

function add(sums: number[], values: readonly number[]): void {
  values.forEach((v, i) => {
    sums[i] = (sums[i] as number) + v;
  });
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
