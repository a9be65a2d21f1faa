import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BannedBranch, bannedBranches, type Layer, layers } from './layers.ts';

/** A source tree: path relative to src/, with `/`, to the file's text. */
export type Sources = ReadonlyMap<string, string>;

interface Import {
  readonly specifier: string;
  readonly line: number;
  /** False for `import type` and `export type`, which leave nothing to load. */
  readonly value: boolean;
}

/**
 * Every violation of the layer table in a source tree, one line each; empty when there is none.
 * Checked: imports between layers, packages, import cycles, independent files, branches on names, README files.
 */
export function checkLayers(
  sources: Sources,
  table: Readonly<Record<string, Layer>> = layers,
  banned: readonly BannedBranch[] = bannedBranches,
): string[] {
  const problems: string[] = [];
  const valueEdges = new Map<string, string[]>();
  for (const [path, text] of sources) {
    if (!path.endsWith('.ts') && !path.endsWith('.tsx')) continue;
    const layer = table[layerOf(path)];
    if (!layer) {
      problems.push(`src/${path}: layer '${layerOf(path)}' is not in scripts/layers.ts`);
      continue;
    }
    if (isTest(path)) continue;
    const code = withoutComments(text);
    const targets: string[] = [];
    for (const edge of importsOf(code)) {
      const target = resolveImport(path, edge.specifier);
      const problem =
        target === undefined ? packageProblem(edge, layer) : edgeProblem(path, target, layer, sources, table);
      if (problem) problems.push(`src/${path}:${edge.line}: '${edge.specifier}': ${problem}`);
      if (target !== undefined && edge.value) targets.push(target);
    }
    valueEdges.set(path, targets);
    if (!layer.mayBranch) problems.push(...branchProblems(path, code, banned));
  }
  for (const cycle of findCycles(valueEdges)) problems.push(`import cycle: ${cycle.join(' -> ')}`);
  problems.push(...readmeProblems(sources));
  return problems;
}

function layerOf(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? path.replace(/(?:\.test)?\.tsx?$/, '') : path.slice(0, slash);
}

function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path);
}

/** The text with comments blanked out and every line kept; strings, templates and regular expressions survive. */
export function withoutComments(text: string): string {
  const skip = /[^/'"`]+/y;
  const comment = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/y;
  const literal = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`/y;
  const regExp = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//y;
  let code = '';
  while (code.length < text.length) {
    const take = (pattern: RegExp): string | undefined => {
      pattern.lastIndex = code.length;
      return pattern.exec(text)?.[0];
    };
    code +=
      take(skip) ??
      take(comment)?.replace(/[^\n]/g, ' ') ??
      take(literal) ??
      (regExpMayFollow(code) ? take(regExp) : undefined) ??
      text.charAt(code.length);
  }
  return code;
}

/** Whether a slash after this code can begin a regular expression: after a value it is a division. */
function regExpMayFollow(code: string): boolean {
  const before = code.slice(-80).trimEnd();
  return before === '' || /(?:[=(,:[!&|?{};+\-*%<>~^]|\b(?:return|case|typeof|in|of))$/.test(before);
}

function importsOf(code: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, at: number, value: boolean) =>
    found.push({ specifier, value, line: code.slice(0, at).split('\n').length });
  for (const m of code.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"\n]+)['"]/gm))
    add(m[2] ?? '', m.index, m[1] === undefined);
  for (const m of code.matchAll(/\b(?:import|require)\(\s*['"`]([^'"`\n]+)['"`]/g)) {
    const isType = code.startsWith(').', m.index + m[0].length) && !/\bawait\s+$/.test(code.slice(0, m.index));
    add(m[1] ?? '', m.index, !(isType && /^\)\.[A-Z]/.test(code.slice(m.index + m[0].length))));
  }
  return found;
}

/** The path in src/ (it may begin with `../`) of a relative import; undefined for a package. */
function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return normalize(join(dirname(from), specifier))
    .split(sep)
    .join('/');
}

function packageProblem(edge: Import, layer: Layer): string | undefined {
  const name = edge.specifier.startsWith('node:')
    ? 'node:'
    : edge.specifier.split('/').slice(0, scopeParts(edge)).join('/');
  return layer.packages?.includes(name) ? undefined : 'this layer must not import this package';
}

function scopeParts(edge: Import): number {
  return edge.specifier.startsWith('@') ? 2 : 1;
}

function edgeProblem(
  from: string,
  target: string,
  layer: Layer,
  sources: Sources,
  table: Readonly<Record<string, Layer>>,
): string | undefined {
  if (target.startsWith('..')) return 'src/ must not import from outside itself';
  if (!sources.has(target)) return 'no such file';
  if (isTest(target)) return 'only tests may import a test';
  const own = layerOf(from);
  const other = layerOf(target);
  if (own !== other) return layer.may.includes(other) ? undefined : `${own} must not import ${other}`;
  const siblings = layer.independent && !isIndex(from) && !isIndex(target) && table[own] === layer;
  return siblings ? `files of ${own} must not import each other: move what both need to a lower layer` : undefined;
}

function isIndex(path: string): boolean {
  return /(?:^|\/)index\.ts$/.test(path);
}

function branchProblems(path: string, code: string, banned: readonly BannedBranch[]): string[] {
  const problems: string[] = [];
  for (const [i, line] of code.split('\n').entries())
    for (const { pattern, instead } of banned)
      if (pattern.test(line))
        problems.push(`src/${path}:${i + 1}: branches on a name or version; ${instead}: ${line.trim()}`);
  return problems;
}

/** Strongly connected groups of more than one file, or a file that imports itself; each as one path back to its start. */
function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: string[], onTrail: Set<string>): void => {
    const at = trail.indexOf(path);
    if (onTrail.has(path)) {
      cycles.push([...trail.slice(at), path]);
      return;
    }
    if (done.has(path)) return;
    onTrail.add(path);
    trail.push(path);
    for (const next of edges.get(path) ?? []) walk(next, trail, onTrail);
    trail.pop();
    onTrail.delete(path);
    done.add(path);
  };
  for (const path of edges.keys()) walk(path, [], new Set());
  return cycles;
}

function readmeProblems(sources: Sources): string[] {
  const folders = new Set<string>();
  for (const path of sources.keys()) {
    if (!/\.tsx?$/.test(path)) continue;
    for (let dir = dirname(path); dir !== '.'; dir = dirname(dir)) folders.add(dir);
  }
  return [...folders]
    .filter((dir) => (sources.get(`${dir}/README.md`) ?? '').trim() === '')
    .map((dir) => `src/${dir}/README.md: missing or empty: a folder says what it is for`);
}

/** Reads every .ts, .tsx and README.md file below a folder. */
export function readSources(root: string): Map<string, string> {
  const sources = new Map<string, string>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$|^README\.md$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    sources.set(
      path
        .slice(root.length + 1)
        .split(sep)
        .join('/'),
      readFileSync(path, 'utf8'),
    );
  }
  return sources;
}

if (import.meta.main) {
  const sources = readSources(join(dirname(fileURLToPath(import.meta.url)), '..', 'src'));
  const problems = checkLayers(sources);
  for (const problem of problems) console.log(problem);
  console.log(`layers: ${sources.size} files, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
