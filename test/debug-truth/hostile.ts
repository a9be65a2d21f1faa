/**
 * Damages the debug sections of a real file and asks everything: a table of sections and damage, with the number of
 * answers and errors, the slowest question and the most memory. A section is done in a process of its own.
 *
 *     node test/debug-truth/hostile.ts FILE [--rounds N] [--section NAME]
 */
import { spawnSync } from 'node:child_process';
import { architectures } from '../../src/arch/index.ts';
import { openDebugFile } from '../../src/debug/dwarf/debug-file.ts';
import { readElfHeader } from '../../src/elf/elf-header.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import { openFileSource } from '../../src/node/file-source.ts';
import { seededRandom } from '../build/byte-writer.ts';
import { cut, patchedSource, scratch, sectionPlaces } from '../build/damaged-source.ts';
import { askDebugFile, type DebugAnswers, type DebugQuestions, noAnswers } from '../build/debug-questions.ts';

const LIMIT_MB = 512;
const [path = '', ...args] = process.argv.slice(2);
const option = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const rounds = Number(option('--rounds') ?? 50);
const only = option('--section');
const source = openFileSource(path);
const sections = sectionPlaces(source).filter(
  (s) => /^\.(z?debug_|eh_frame$|symtab$|strtab$)/.test(s.name) && s.size > 0,
);
const { machine } = readElfHeader(source);
const arch = architectures.find((a) => a.elfMachine === machine);

function questions(): DebugQuestions {
  const { elf } = openDebugFile(source, nodeCodecs(), architectures);
  const random = seededRandom(5);
  const addresses: bigint[] = [];
  elf.sections.forEach((s, i) => {
    if ((s.flags & 4n) === 0n || s.size < 0x1000) return;
    for (let n = 0; n < 4; n++) addresses.push(elf.sectionAddress(i) + BigInt(random(s.size)));
  });
  return {
    addresses: addresses.slice(0, 12),
    types: ['struct task_struct', 'struct file', 'u64', 'enum pid_type'],
    variables: ['init_task', 'jiffies'],
    macros: ['PAGE_SIZE'],
  };
}

function row(name: string, damage: string, a: DebugAnswers): void {
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  const cells = [name.padEnd(20), damage.padEnd(10), String(a.answers).padStart(7), String(a.errors).padStart(7)];
  cells.push(`${a.slowest.toFixed(0)} ms`.padStart(9), `${peak} MiB`.padStart(9), a.what);
  process.stdout.write(`${cells.join(' ')}\n`);
  for (const wrong of [...new Set(a.wrong)].slice(0, 3)) process.stdout.write(`    WRONG ${wrong}\n`);
  if (a.wrong.length > 0 || peak > LIMIT_MB) process.exitCode = 1;
}

function damageSection(name: string): void {
  const section = sections.find((s) => s.name === name);
  if (!section || !arch) return;
  const ask = questions();
  const random = seededRandom(11);
  const cuts = noAnswers();
  const scratches = noAnswers();
  for (let i = 0; i < rounds; i++) {
    const size = Math.floor((section.size * i) / rounds);
    const shorter = patchedSource(source, [cut(section, size)]);
    askDebugFile(() => openDebugFile(shorter, nodeCodecs(), architectures), arch, ask, cuts);
    const count = 1 << (i % 14);
    const damaged = patchedSource(source, scratch(section, Math.min(count, section.size), random));
    askDebugFile(() => openDebugFile(damaged, nodeCodecs(), architectures), arch, ask, scratches);
  }
  row(name, 'cut', cuts);
  row(name, 'scratched', scratches);
}

if (only) damageSection(only);
else {
  process.stdout.write(`${path}\nsection              damage     answers  errors   slowest    memory\n`);
  for (const { name } of sections) {
    const child = spawnSync(
      process.execPath,
      ['--max-old-space-size=256', process.argv[1] as string, path, '--rounds', String(rounds), '--section', name],
      { encoding: 'utf8' },
    );
    process.stdout.write(child.stdout);
    if (child.status === 0) continue;
    process.stdout.write(`    ${name}: FAILED ${child.signal ?? child.status} ${child.stderr.slice(0, 600)}\n`);
    process.exitCode = 1;
  }
}
