import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { kernelScripts } from '../lab/kernel-scripts.ts';
import { DebugSearch } from '../src/node/debug-search.ts';
import { LineFiles } from '../src/node/line-files.ts';
import { codePlaces } from '../src/symbolize/code-place.ts';
import type { LineObject } from '../src/symbolize/line-object.ts';
import { locate } from '../src/symbolize/locate.ts';
import { treePath, treePrefixes } from '../src/symbolize/source-path.ts';
import { measure, median, type Run } from './measure.ts';
import { options, ours, vmlinux } from './race.ts';

/**
 * A log of 10,000 lines with 500 lines of traces, symbolized by this program and by the kernel's decode_stacktrace.sh, each
 * as a whole process; then what they say of each line is compared. The log is made of the consoles of the lab's dumps of
 * the same kernel.
 */
const LINES = 10_000;
const TRACES = 500;
const SAMPLES = 2;

function makeLog(dump: string): string[] {
  const dumps = dirname(dirname(dump));
  const release = releaseOf(dirname(dump));
  const plain: string[] = [];
  const traces: string[] = [];
  for (const name of readdirSync(dumps).sort()) {
    const log = join(dumps, name, 'console.log');
    if (!existsSync(log) || release === undefined || releaseOf(join(dumps, name)) !== release) continue;
    for (const line of readFileSync(log, 'latin1').split('\n')) {
      const text = line.trimEnd();
      // Lines of traces end with the place; of modules, the script may have no file.
      if (codePlaces(text).length > 0) {
        if (/\+0x[0-9a-f]+\/0x[0-9a-f]+$/.test(text)) traces.push(text);
      } else if (!text.includes('Code:')) plain.push(text);
    }
  }
  if (traces.length < TRACES || plain.length === 0) return [];
  const every = LINES / TRACES;
  // From all consoles alike, so that not only one kind of death is in it.
  const stride = Math.max(1, Math.floor(traces.length / TRACES));
  return Array.from({ length: LINES }, (_, i) =>
    i % every === every - 1 ? (traces[Math.floor(i / every) * stride] ?? '') : (plain[i % plain.length] ?? ''),
  );
}

function releaseOf(dir: string): string | undefined {
  const meta = join(dir, 'meta.json');
  return existsSync(meta) ? (JSON.parse(readFileSync(meta, 'utf8')) as { release?: string }).release : undefined;
}

/** `file:line` of each frame that the script added to a line, innermost first; undefined when it added none. */
function scriptFrames(line: string): string[] | undefined {
  const added =
    /\(([^()]*:(?:\d+|\?)(?: \(discriminator \d+\))?(?: [^()]*:(?:\d+|\?)(?: \(discriminator \d+\))?)*)\)/.exec(line);
  return added?.[1]
    ?.replace(/ \(discriminator \d+\)/g, '')
    .split(' ')
    .filter((word) => word.includes(':'));
}

/** The same of what this program added. */
function ownFrames(line: string): string[] | undefined {
  const added = /\+0x[0-9a-f]+\/0x[0-9a-f]+ \(([^()]+)\)/.exec(line)?.[1];
  return added
    ?.split(' | ')[0]
    ?.split(' < ')
    .map((frame) => frame.replace(/ in \S+$/, ''));
}

/** What explains that two answers differ. */
function explain(line: string, theirs: string[] | undefined, own: string[] | undefined, object: LineObject): string {
  const places = codePlaces(line);
  const place = places[0]?.place;
  if (!place) return 'no place';
  if (!theirs) return 'only ours: the script takes the last word of a line alone, and functions of one letter of nm';
  if (!own) return 'only theirs';
  const prefixes = treePrefixes(object);
  const at = (address: bigint): string =>
    (object.sourceAt(address) ?? [])
      .map((f) => `${treePath(f.file, prefixes)}:${f.line === 0 ? '?' : f.line}`)
      .join(' ');
  const all = object.functions(place.function);
  const exact = all.map((f) => at(f.address + BigInt(place.offset)));
  const text = theirs.join(' ');
  if (exact[0] === text && all.length === 1) return 'return address: theirs is the line after the call, ours the call';
  if (all.length > 1 && exact.includes(text))
    return 'same-named functions: theirs is the first, ours the one of that size';
  if (locate(object, place, 0).found.some((f) => at(f.address) === text)) {
    return 'return address: theirs is the line after the call, ours the call';
  }
  return 'other';
}

function compare(log: readonly string[], theirs: string, own: string, object: LineObject): void {
  const prefixes = treePrefixes(object);
  const [a, b] = [theirs.split('\n'), own.split('\n')];
  const kinds = new Map<string, string[]>();
  let equal = 0;
  log.forEach((line, i) => {
    if (codePlaces(line).length === 0) return;
    // It strips one folder of the build machine, where C and assembly may have two.
    const script = scriptFrames(a[i] ?? '')?.map((frame) => treePath(frame, prefixes));
    const mine = ownFrames(b[i] ?? '');
    if (script && mine && script.join(' ') === mine.join(' ')) equal++;
    else {
      const kind = explain(line, script, mine, object);
      kinds.set(kind, [...(kinds.get(kind) ?? []), `${line.trim()}\n      theirs ${script}\n      ours   ${mine}`]);
    }
  });
  console.log(`  lines of traces: ${equal} equal`);
  for (const [kind, lines] of kinds) {
    console.log(`  ${lines.length} differ: ${kind}`);
    const shown = kind.startsWith('return address') ? 0 : SAMPLES;
    for (const line of [...new Set(lines)].slice(0, shown)) console.log(`    ${line}`);
  }
}

function show(name: string, runs: readonly Run[]): number {
  const cpu = median(runs.map((r) => r.cpuMs));
  const peak = median(runs.map((r) => r.peakMiB));
  const failed = runs.some((r) => r.status !== 0) ? '   FAILED' : '';
  console.log(
    `  ${name.padEnd(22)} cpu ${cpu.toFixed(0).padStart(7)} ms   peak ${peak.toFixed(0).padStart(4)} MiB${failed}`,
  );
  return cpu;
}

async function main(): Promise<void> {
  const lines = existsSync(options.dump) && existsSync(vmlinux) ? makeLog(options.dump) : [];
  if (lines.length === 0) {
    console.log('too few consoles or no vmlinux; npm run lab makes the dumps, npm run lab -- peers fetches vmlinux');
    return;
  }
  const scripts = await kernelScripts();
  const dir = mkdtempSync(join(tmpdir(), 'inquest-bench-'));
  try {
    const log = join(dir, 'log');
    writeFileSync(log, `${lines.join('\n')}\n`, 'latin1');
    const places = lines.flatMap((line) => codePlaces(line).map(({ place }) => `${place.function}+${place.offset}`));
    console.log(
      `\nsymbolize: ${lines.length} lines, ${TRACES} of traces with ${new Set(places).size} different places`,
    );
    const own = ours(['symbolize', log, '--no-debug', '--vmlinux', vmlinux], []);
    const runs = own.map((c) => ({
      name: c.name,
      runs: Array.from({ length: Number(options.rounds) }, () => c.run()),
    }));
    const script = `exec bash "$1/decode_stacktrace.sh" "$2" auto "$3" < "$4"`;
    const theirs = measure(['bash', '-c', script, 'sh', scripts, vmlinux, dir, log]);
    const cpu = show('decode_stacktrace.sh', [theirs]);
    for (const one of runs) {
      const ratio = cpu / show(one.name, one.runs);
      console.log(`  ${''.padEnd(22)} ${ratio.toFixed(0)} times faster`);
    }
    const files = new LineFiles();
    await files.prepare();
    const search = new DebugSearch({ usual: false, codecs: files.codecs });
    compare(lines, theirs.output, runs[0]?.runs[0]?.output ?? '', files.object(vmlinux, search));
    files.close();
  } finally {
    rmSync(dir, { recursive: true });
  }
}

await main();
