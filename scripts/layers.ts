/**
 * The layers of src/ as data: a layer is a folder of src/ or a file directly in it (without `.ts`).
 * A folder or file that is not listed here is an error, so that every new part states its place.
 */
export interface Layer {
  /** Layers whose files it may import, as values or as types. Its own files are always allowed. */
  readonly may: readonly string[];
  /** npm packages it may import; `node:` stands for every builtin module of Node. */
  readonly packages?: readonly string[];
  /** Its files (but for index.ts) are alternatives in a list and must not know each other. */
  readonly independent?: true;
  /** It may compare the names of CPUs and formats and the kernel's release: that is what it is about. */
  readonly mayBranch?: true;
}

const core = ['base', 'elf', 'codec', 'types', 'memory', 'program', 'unwind', 'disasm', 'expr', 'kernel', 'report'];
const providers = ['dump', 'debug', 'arch'];
const library = [
  ...core,
  ...providers,
  ...['log', 'oops', 'fault', 'diagnosis', 'commands', 'rules', 'session', 'symbolize', 'open'],
];

export const layers: Readonly<Record<string, Layer>> = {
  base: { may: [] },
  elf: { may: ['base'] },
  codec: { may: ['base'] },
  types: { may: ['base'] },
  memory: { may: ['base'] },
  program: { may: ['base', 'elf', 'types', 'memory'] },
  disasm: { may: ['base', 'memory', 'program'] },
  unwind: { may: ['base', 'memory', 'program'] },
  log: { may: ['base'] },
  oops: { may: ['base', 'log'] },
  expr: { may: ['base', 'types', 'memory', 'program', 'unwind', 'kernel'] },
  dump: { may: ['base', 'elf', 'memory', 'program'], mayBranch: true },
  debug: { may: ['base', 'elf', 'codec', 'types', 'memory', 'program'] },
  arch: { may: ['base', 'memory', 'program'], mayBranch: true },
  kernel: { may: ['base', 'types', 'memory', 'program', 'unwind', 'log', 'oops'] },
  report: { may: ['base', 'types', 'program', 'unwind', 'expr', 'kernel', 'log', 'oops'] },
  fault: { may: ['base', 'types', 'memory', 'program', 'unwind', 'disasm', 'kernel', 'report'] },
  diagnosis: {
    may: ['base', 'types', 'program', 'unwind', 'disasm', 'expr', 'kernel', 'report', 'log', 'oops', 'fault'],
  },
  // `explain` shows what a case knows of its fault
  commands: {
    may: ['base', 'types', 'program', 'unwind', 'disasm', 'expr', 'kernel', 'report', 'fault', 'diagnosis'],
    independent: true,
  },
  rules: {
    may: ['base', 'types', 'program', 'unwind', 'kernel', 'report', 'log', 'oops', 'fault', 'diagnosis'],
    independent: true,
  },
  session: {
    may: [
      ...['base', 'program', 'unwind', 'disasm', 'expr', 'kernel', 'report', 'log', 'oops', 'fault', 'diagnosis'],
      ...['commands', 'rules'],
    ],
  },
  symbolize: { may: ['base', 'elf', 'program', 'disasm'] },
  open: { may: ['base', 'program', 'dump', 'debug', 'arch', 'codec'] },
  index: { may: library },
  node: { may: library, packages: ['node:', 'zstddec'] },
  cli: { may: [...library, 'node'], packages: ['node:'] },
  server: { may: [...library, 'node'], packages: ['node:'] },
  web: { may: ['base', 'report'] },
};

/** A way of asking "which CPU, format or kernel is this?" that only layers with `mayBranch` may use. */
export interface BannedBranch {
  readonly pattern: RegExp;
  readonly instead: string;
}

const cpu = 'x86_64|x86-64|amd64|arm64|aarch64|riscv64|ppc64(?:le)?|s390x|loongarch64';

export const bannedBranches: readonly BannedBranch[] = [
  {
    pattern:
      /\b(?:arch|architecture|format|image|cpu)\??\.name\s*[!=]==?|\bswitch\s*\([^)]*\b(?:arch|format)\??\.name\b/,
    instead: 'ask the object for the property that is needed',
  },
  {
    pattern: new RegExp(
      `[!=]==?\\s*['"\`](?:${cpu})['"\`]|['"\`](?:${cpu})['"\`]\\s*[!=]==?|\\bcase\\s+['"](?:${cpu})['"]`,
    ),
    instead: 'give Architecture a field for the difference',
  },
  {
    pattern: /\belfMachine\s*[!=]==?\s*(?:\d|EM_)/,
    instead: 'look the CPU up in the list of src/arch',
  },
  {
    pattern:
      /\b(?:kernelVersion|kernelRelease|osRelease|osrelease|release)\b\)?(?:\.(?:startsWith|match|localeCompare|includes)\(|\s*(?:[<>]=?|[!=]==?)\s*(?:\d|'[^']|"[^"]))/,
    instead: 'resolve the member or symbol by name and see which one the kernel has',
  },
  {
    pattern: /\b(?:compareVersions?|versionAtLeast|kernelAtLeast|KERNEL_VERSION|LINUX_VERSION_CODE)\b/,
    instead: 'resolve the member or symbol by name and see which one the kernel has',
  },
];
