import type { LineObject } from './line-object.ts';

/**
 * Functions and the files that they begin in. Kernels may be built so that C files have paths from the tree and assembly
 * has whole ones, so that there is more than one.
 */
const LANDMARKS: readonly (readonly [name: string, file: string])[] = [
  ['panic', 'kernel/panic.c'],
  ['entry_SYSCALL_64', 'arch/x86/entry/entry_64.S'],
  ['vectors', 'arch/arm64/kernel/entry.S'],
];

/** `a/./b/../c` as `a/c`; a path that leaves its start keeps its `..`. */
export function plainPath(path: string): string {
  if (!path.includes('./') && !path.includes('//')) return path;
  const out: string[] = [];
  const rooted = path.startsWith('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && out.length > 0 && out[out.length - 1] !== '..') out.pop();
    else if (part !== '..' || !rooted) out.push(part);
  }
  return (rooted ? '/' : '') + out.join('/');
}

/**
 * Folder of the machine that built a kernel, with its slash, learnt from the path of a file whose place in the tree is
 * known; empty when the path does not end with that.
 */
export function buildPrefix(path: string, known: string): string {
  const plain = plainPath(path);
  return plain.endsWith(`/${known}`) ? plain.slice(0, plain.length - known.length) : '';
}

/** A path in the kernel's tree, when it lies in one of these folders. */
export function treePath(path: string, prefixes: readonly string[]): string {
  const plain = plainPath(path);
  const prefix = prefixes.find((p) => plain.startsWith(p));
  return prefix === undefined ? plain : plain.slice(prefix.length);
}

/** Folders of the kernel's tree on the machine that built the file; none when its paths do not tell. */
export function treePrefixes(object: LineObject): readonly string[] {
  const found = new Set<string>();
  for (const [name, file] of LANDMARKS) {
    const place = object.functions(name)[0];
    // The first instructions may belong to no line: room for tracing.
    const frames = place && [0n, 16n, 32n].map((n) => object.sourceAt(place.address + n)).find((f) => f?.length);
    const prefix = buildPrefix(frames?.at(-1)?.file ?? '', file);
    if (prefix !== '') found.add(prefix);
  }
  return [...found];
}
