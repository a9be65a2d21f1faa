import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openFileSource } from '../../src/node/file-source.ts';
import { cutSource } from '../fuzz/file-damage.ts';
import { askCrash, askDrgn, type PeerAnswers } from '../fuzz/peer-answers.ts';
import { writeSource } from '../fuzz/peers.ts';
import { labDumps } from '../parity/lab-dumps.ts';
import { compareWithWhole, wholeOf } from './survivors.ts';

/**
 * `npm run survive`: dumps cut at 90, 60, 30 and 10 % in inquest, crash and drgn. Exit status 1 when an answer is lost
 * here although every page that it was made of is in the file.
 */
const { values } = parseArgs({
  options: { dumps: { type: 'string', multiple: true }, 'no-peers': { type: 'boolean', default: false } },
});
const USUAL = ['amd64-6.1-kexec-d31-zlib', 'amd64-6.1-null-elf', 'amd64-6.1-null', 'arm64-6.1-rcuinode'];
const SHARES = [0.9, 0.6, 0.3, 0.1];

const { dumps, without } = labDumps(values.dumps ?? USUAL);
for (const name of without) console.log(`${name}: no vmlinux, left out`);
const folder = mkdtempSync(join(tmpdir(), 'inquest-survive-'));
let lost = 0;
try {
  for (const dump of dumps) {
    const sources = dump.files.map((f) => openFileSource(f));
    const whole = wholeOf(sources);
    console.log(
      `${dump.name}: ${whole.tasks.size} tasks, ${whole.records.length} log records, ${whole.frames.length} frames`,
    );
    for (const share of SHARES) {
      const cut = sources.map((s) => cutSource(s, Math.floor(s.size * share)));
      const own = compareWithWhole(whole, cut);
      lost += own.lost.length;
      console.log(`  cut to ${share * 100} %`);
      console.log(`    inquest  ${own.text}`);
      for (const why of own.lost) console.log(`    LOST     ${why}`);
      if (values['no-peers']) continue;
      const files = dump.files.map((_, i) => join(folder, `vmcore.${i}`));
      for (const [i, source] of cut.entries()) await writeSource(source, files[i] as string);
      if (dump.arch === 'amd64') console.log(`    crash    ${told(askCrash(dump.vmlinux, files))}`);
      console.log(`    drgn     ${told(askDrgn(dump.vmlinux, files))}`);
    }
    for (const s of sources) s.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${lost} answers lost although their pages are there`);
process.exitCode = lost > 0 ? 1 : 0;

function told({ opened, tasks, records, frames, last }: PeerAnswers): string {
  if (!opened || tasks + records + frames === 0) return `nothing: ${last}`;
  return `${tasks} tasks, ${records} log lines, ${frames} frames`;
}
