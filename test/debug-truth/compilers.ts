/**
 * Reads what real compilers write and compares it with what their own tools say: lines and inlined calls of every address
 * with llvm-symbolizer, layouts with the program itself, macros with gdb. A variant whose tools are not installed is
 * left out, and that is said.
 *
 *     node test/debug-truth/compilers.ts [--keep DIR] [name of a variant ...]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnalysisError } from '../../src/base/errors.ts';
import { openDebugFile } from '../../src/debug/dwarf/debug-file.ts';
import { FileTypes } from '../../src/debug/dwarf/file-types.ts';
import { SourceLines } from '../../src/debug/dwarf/source-lines.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import { openFileSource } from '../../src/node/file-source.ts';
import { sources } from './compiler-sources.ts';
import { type Built, variants } from './compiler-variants.ts';

const SHF_EXECINSTR = 4n;
const LLVM = process.env.LLVM_SYMBOLIZER ?? 'llvm-symbolizer';

interface Result {
  readonly checked: number;
  readonly differences: string[];
}

function has(tool: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const opener = (path: string) => (existsSync(path) ? openFileSource(path) : undefined);

/** LLVM's tool knows neither dwz nor the old compressed sections. */
function usesGnu(built: Built): boolean {
  return built.alt !== undefined || built.gnu === true;
}

function open(built: Built) {
  const codecs = nodeCodecs();
  const file = openDebugFile(openFileSource(built.path), codecs, [], { open: opener });
  if (built.alt) file.attachAlt(openDebugFile(openFileSource(built.alt), codecs, []));
  return file;
}

/** Every address of the program's own code. */
function addresses(built: Built): bigint[] {
  const { elf } = open(built);
  const found: bigint[] = [];
  for (const s of elf.sections) {
    if ((s.flags & SHF_EXECINSTR) === 0n || !s.name.startsWith('.text')) continue;
    for (let at = 0; at < s.size; at += 1 + (s.size >> 14)) found.push(s.address + BigInt(at));
  }
  return found;
}

/** function@file:line:column of each frame, innermost first, as llvm-symbolizer has it (GNU's addr2line with dwz). */
function theirs(built: Built, at: readonly bigint[]): string[] {
  const gnu = usesGnu(built);
  const command = gnu ? ['-e', built.path, '-a', '-i', '-f'] : [`--obj=${built.path}`, '--no-demangle', '--inlines'];
  const text = execFileSync(gnu ? 'addr2line' : LLVM, command, {
    input: `${at.map((a) => `0x${a.toString(16)}`).join('\n')}\n`,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const blocks = gnu
    ? text
        .trimEnd()
        .split(/^0x[0-9a-f]+\n/m)
        .slice(1)
    : text.trimEnd().split('\n\n');
  return blocks.map((block) => {
    const lines = block.trimEnd().split('\n');
    const frames: string[] = [];
    for (let i = 0; i < lines.length; i += 2) frames.push(`${lines[i]}@${lines[i + 1]}`);
    return frames
      .join(' < ')
      .replace(/ \(discriminator \d+\)/g, '')
      .replace(/:\?(?= <|$)/g, ':0');
  });
}

function ours(built: Built, at: readonly bigint[]): string[] {
  const { dwarf } = open(built);
  const lines = new SourceLines(dwarf);
  return at.map((a) => {
    const frames = lines.at(dwarf.place(a));
    if (!frames) return '??@??:0:0';
    const column = (n: number) => (usesGnu(built) ? '' : `:${n}`); // GNU's tool prints none
    return frames.map((f) => `${f.name || '??'}@${f.file || '??'}:${f.line}${column(f.column)}`).join(' < ');
  });
}

/**
 * Whether both say the same. Where they say `??` for a function, or take a clone's name from the symbol table, ours may
 * be the source's name.
 */
function sameFrames(theirs: string, ours: string): boolean {
  const [a, b] = [theirs.split(' < '), ours.split(' < ')];
  return a.length === b.length && a.every((frame, i) => sameFrame(frame, b[i] as string, a.at(-1) as string));
}

function sameFrame(theirs: string, ours: string, outermost: string): boolean {
  if (theirs === ours) return true;
  const [[f = '', ...at], [g = '', ...there]] = [theirs.split('@'), ours.split('@')];
  if (at.join('@') !== there.join('@')) return false;
  // Of functions with the same code the linker keeps one, and its symbol names another; GNU's tool misses names in the
  // dwz file and gives that of the outermost function.
  if (f.startsWith('_R') && theirs === outermost) return true;
  if (outermost.startsWith(`${f}@`)) return true;
  return f === '??' || f.replace(/\.(isra|constprop|part|cold|lto_priv)(\.\d+)*/g, '') === g;
}

/** The same path in other words: without `.` and `..`. */
function plain(frames: string): string {
  let text = frames.replaceAll('/./', '/');
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(/\/[^/@:]+\/\.\.\//g, '/');
  }
  return text;
}

function compareLines(built: Built): Result {
  const at = addresses(built);
  const [a, b] = [theirs(built, at), ours(built, at)];
  const differences: string[] = [];
  at.forEach((address, i) => {
    const [x, y] = [plain(a[i] ?? ''), plain(b[i] ?? '')];
    // Code without debug information: the symbol table's names are not what is compared here.
    if (!x.includes(' < ') && /:[0?](:0)?$/.test(x) && /@\?\?:0(:0)?$/.test(y)) return;
    if (!sameFrames(x, y)) differences.push(`lines of 0x${address.toString(16)}: theirs ${x}, ours ${y}`);
  });
  return { checked: at.length, differences };
}

function compareLayout(built: Built): Result {
  if (!built.layout) return { checked: 0, differences: [] };
  const types = new FileTypes(open(built).dwarf, 8, () => undefined);
  const lines = execFileSync(built.path, ['layout'], { encoding: 'utf8' }).trim().split('\n');
  const differences: string[] = [];
  for (const line of lines) {
    const [path = '', first, second] = line.split(' ');
    const [name, ...member] = path.split('.');
    const type = types.find(`struct ${name}`);
    const place = member.length > 0 ? type?.findMember(member.join('.')) : undefined;
    const own = member.length > 0 ? `${path} ${place?.offset} ${place?.type.size}` : `${path} ${type?.size}`;
    const expected = second === undefined ? `${path} ${first}` : `${path} ${first} ${second}`;
    if (own !== expected) differences.push(`layout: theirs ${expected}, ours ${own}`);
  }
  if (built.whole)
    for (const [name, kind] of [
      ['items', 'pointer'],
      ['counter', 'int'],
      ['private_value', 'struct'],
    ] as const) {
      const type = types.findVariable(name);
      if (type?.resolve().kind !== kind) differences.push(`variable ${name}: ours ${type?.kind}`);
    }
  return { checked: lines.length + 3, differences };
}

function compareMacros(built: Built): Result {
  const differences: string[] = [];
  if (!built.macros) return { checked: 0, differences };
  const macros = open(built).macros;
  const expected: Record<string, string | undefined> = {
    LIMIT: '#define LIMIT 0x40',
    SHIFT: '#define SHIFT(value,by) ((value) << (by))',
    LOG: '#define LOG(format,...) printf(format, ##__VA_ARGS__)',
    FIELD: '#define FIELD(s,f) printf(#s "." #f " %zu %zu\\n", offsetof(struct s, f), sizeof(((struct s *)0)->f))',
    SHARED_H: '#define SHARED_H',
    NO_SUCH_MACRO: undefined,
  };
  for (const [name, text] of Object.entries(expected)) {
    const found = macros.find(name);
    // Compilers differ in the spaces between parameters.
    const own =
      found &&
      `#define ${found.name}${found.parameters ? `(${found.parameters.join(',')})` : ''}${found.body ? ` ${found.body}` : ''}`;
    if (own !== text) differences.push(`macro ${name}: theirs ${text}, ours ${own}`);
  }
  return { checked: Object.keys(expected).length, differences };
}

function main(): void {
  const args = process.argv.slice(2);
  const keep = args[0] === '--keep' ? args.splice(0, 2)[1] : undefined;
  const root = keep ?? mkdtempSync(join(tmpdir(), 'inquest-compilers-'));
  if (!has(LLVM)) {
    process.stdout.write(`left out, all: ${LLVM} is not installed\n`);
    return;
  }
  let failed = 0;
  for (const variant of variants) {
    if (args.length > 0 && !args.includes(variant.name)) continue;
    const missing = variant.tools.filter((tool) => !has(tool));
    if (missing.length > 0) {
      process.stdout.write(`${variant.name}: left out: ${missing.join(', ')} not installed\n`);
      continue;
    }
    const folder = join(root, variant.name);
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, name), text);
    let built: Built;
    try {
      built = variant.build(folder);
    } catch (e) {
      process.stdout.write(
        `${variant.name}: left out: cannot be built here: ${(e as Error).message.split('\n')[1] ?? e}\n`,
      );
      continue;
    }
    const parts: string[] = [];
    const differences: string[] = [];
    for (const [what, compare] of [
      ['lines', compareLines],
      ['layouts', compareLayout],
      ['macros', compareMacros],
    ] as const) {
      try {
        const result = compare(built);
        if (result.checked > 0) parts.push(`${what} ${result.checked - result.differences.length}/${result.checked}`);
        differences.push(...result.differences);
      } catch (e) {
        differences.push(`${what}: ${e instanceof AnalysisError ? e.message : (e as Error).stack}`);
      }
    }
    const problems = open(built).problems;
    process.stdout.write(`${variant.name}: ${parts.join(', ')}${differences.length > 0 ? ' DIFFERENT' : ''}\n`);
    for (const line of differences.slice(0, 5)) process.stdout.write(`    ${line}\n`);
    for (const p of problems) process.stdout.write(`    problem: ${p.message}\n`);
    if (differences.length > 0) failed++;
  }
  if (!keep) rmSync(root, { recursive: true });
  process.stdout.write(failed > 0 ? `${failed} variants differ\n` : 'all variants agree\n');
  process.exitCode = failed > 0 ? 1 : 0;
}

main();
