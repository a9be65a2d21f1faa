import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDump } from '../src/node/open-dump.ts';
import { measure, median } from './measure.ts';
import { writeScaleImage } from './scale-image.ts';

/**
 * What a dump costs by the memory of its machine: the same kernel in files of machines of 512 MiB to 1 TiB, each opened by whole
 * processes. Exit status 1 when a limit is exceeded.
 */
const GiB = 2 ** 30;
const SIZES = [0.5, 64, 1024].map((n) => n * GiB);
const SMALL = SIZES[0] as number;
const LIMITS = { tbCpuMs: 1000, tbMiB: 300, overSmallMs: 300 };
const COMMANDS = ['-c', 'sys', '-c', 'bt', '-c', 'ps', '-c', 'log'];

const { values } = parseArgs({
  options: {
    dump: { type: 'string', default: join(import.meta.dirname, '../samples/amd64-6.1-softirq.vmcore') },
    node: { type: 'string', default: process.execPath },
    rounds: { type: 'string', default: '5' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'inquest-scale-'));
try {
  const source = await openDump([values.dump]);
  const rows = SIZES.map((bytes) => {
    const path = join(folder, `vmcore-${bytes / GiB}`);
    writeScaleImage(path, source.program.image, bytes);
    const runs = Array.from({ length: Number(values.rounds) }, () =>
      measure([values.node, join(import.meta.dirname, '../dist/inquest.cjs'), path, ...COMMANDS]),
    );
    if (runs.some((r) => r.status !== 0)) throw new Error(`${path}: ${runs[0]?.output.slice(0, 400)}`);
    const row = { bytes, cpuMs: median(runs.map((r) => r.cpuMs)), peakMiB: Math.max(...runs.map((r) => r.peakMiB)) };
    console.log(
      `${`${bytes / GiB} GiB`.padStart(9)}  file ${Math.round(statSync(path).size / 2 ** 20)} MiB  ` +
        `CPU ${Math.round(row.cpuMs)} ms  peak ${Math.round(row.peakMiB)} MiB`,
    );
    rmSync(path);
    return row;
  });
  source.close();
  const small = rows.find((r) => r.bytes === SMALL);
  const failures = rows.flatMap((r) => {
    const over = r.cpuMs - (small?.cpuMs ?? 0);
    if (r.bytes < 1024 * GiB) return over > LIMITS.overSmallMs ? [`${r.bytes / GiB} GiB: ${over} ms more`] : [];
    return r.cpuMs > LIMITS.tbCpuMs || r.peakMiB > LIMITS.tbMiB ? [`${r.bytes / GiB} GiB is over its limits`] : [];
  });
  for (const failure of failures) console.log(failure);
  process.exitCode = failures.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true });
}
