import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareDis } from './compare-dis.ts';
import { compareLines, type LinePeers } from './compare-lines.ts';
import { compareLocals } from './compare-locals.ts';
import { compareTypes } from './compare-types.ts';
import { findInputs, HOW_TO, type Inputs, labDir } from './inputs.ts';
import { Outcome, report } from './outcome.ts';
import { findPeer, MissingPeerError, type PeerCommand } from './peer.ts';
import { Random } from './random.ts';
import { withDebugFile } from './with-debug-file.ts';

/** What the names of programs begin with that read code of an ELF machine. */
const TRIPLETS: Readonly<Record<number, string>> = {
  21: 'powerpc64le-linux-gnu',
  22: 's390x-linux-gnu',
  183: 'aarch64-linux-gnu',
  243: 'riscv64-linux-gnu',
};
const LINES = 20_000;
const MODULES = 20;
const FUNCTIONS = 2_000;

const USAGE = `npm run debug-truth -- [lines|types|locals|dis] [--count N] [--examples N] [files...]

Holds what is read from debug information against other tools: source lines of random addresses (addr2line, llvm-addr2line),
layouts of all structs (pahole), variables of crashed tasks (drgn), disassembly of random functions (objdump). Without
a subject all four; without files everything of the lab. Exit status 1 when a difference is not explained.
--pahole, --drgn (a Python with drgn), --objdump, --addr2line name other programs.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string' },
    examples: { type: 'string', default: '3' },
    pahole: { type: 'string' },
    drgn: { type: 'string' },
    objdump: { type: 'string' },
    addr2line: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const SUBJECTS = ['lines', 'types', 'locals', 'dis'] as const;
type Subject = (typeof SUBJECTS)[number];

/** Programs of Debian's packages; `given` may have arguments of its own before ours. */
function peer(given: string | undefined, names: readonly string[], packages: string): PeerCommand {
  return given === undefined
    ? findPeer(names, `${packages}; npm run lab -- debug-truth installs it`)
    : given.split(' ');
}

/** Programs that read code of a file's machine. */
async function binutils(path: string, program: 'objdump' | 'addr2line'): Promise<PeerCommand> {
  const machine = await withDebugFile(path, (file) => file.elf.header.machine);
  const triplet = TRIPLETS[machine];
  if (triplet !== undefined) return peer(values[program], [`${triplet}-${program}`], `binutils-${triplet}`);
  return peer(values[program], [program, `x86_64-linux-gnu-${program}`], 'binutils');
}

/** A name for tables: the kernel's, in a lab `amd64-6.1`. */
function nameOf(path: string): string {
  return basename(path).replace(/^vmlinux-?/, '') || basename(dirname(path));
}

/** The modules of each kernel. */
function modulesByKernel(modules: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const path of modules) {
    const release = /\/modules\/([^/]+)\//.exec(path)?.[1] ?? 'modules';
    found.set(release, [...(found.get(release) ?? []), path]);
  }
  return found;
}

const runs: Record<Subject, (inputs: Inputs, count: number | undefined) => Promise<Outcome[]>> = {
  async lines({ kernels, modules }, count = LINES) {
    const outcomes: Outcome[] = [];
    const peers = async (path: string): Promise<LinePeers> => ({
      gnu: await binutils(path, 'addr2line'),
      llvm: peer(undefined, ['llvm-addr2line'], 'llvm'),
      elfutils: peer(undefined, ['eu-addr2line'], 'elfutils'),
    });
    for (const path of kernels) {
      const into = new Outcome(`lines ${nameOf(path)}`, 'addresses');
      outcomes.push(await compareLines(path, count, new Random(1), await peers(path), into));
    }
    for (const [release, all] of modulesByKernel(modules)) {
      const chosen = new Random(2).sample(all, MODULES);
      const into = new Outcome(`lines ${chosen.length} modules ${release}`, 'addresses');
      // Small ones first: what they have not goes to the rest.
      chosen.sort((a, b) => statSync(a).size - statSync(b).size);
      for (const [i, path] of chosen.entries()) {
        const each = Math.ceil((count - into.checked) / (chosen.length - i));
        await compareLines(path, each, new Random(3), await peers(path), into);
      }
      outcomes.push(into);
    }
    return outcomes;
  },
  async types({ kernels }) {
    const pahole = peer(values.pahole, [join(labDir, 'peers/pahole-sid'), 'pahole'], 'dwarves');
    const outcomes: Outcome[] = [];
    for (const path of kernels) {
      const btf = await withDebugFile(path, (file) => file.elf.section('.BTF') !== undefined);
      if (btf) outcomes.push(await compareTypes(path, 'btf', pahole, `BTF ${nameOf(path)}`));
      outcomes.push(await compareTypes(path, 'dwarf', pahole, `DWARF ${nameOf(path)}`));
    }
    return outcomes;
  },
  async locals({ dumps }) {
    const drgn = peer(values.drgn, [join(labDir, 'peers/python-sid'), 'python3'], 'python3-drgn');
    const into = new Outcome('locals', 'variables');
    const refused: string[] = [];
    for (const dump of dumps) if (!(await compareLocals(dump, drgn, into))) refused.push(dump.name);
    into.notes.unshift(`${dumps.length - refused.length} dumps; drgn gives no stack of ${refused.join(' ') || 'none'}`);
    return [into];
  },
  async dis({ kernels }, count = FUNCTIONS) {
    const outcomes: Outcome[] = [];
    for (const path of kernels) {
      outcomes.push(await compareDis(path, count, await binutils(path, 'objdump'), `dis ${nameOf(path)}`));
    }
    return outcomes;
  },
};

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const subjects = SUBJECTS.filter((s) => positionals.includes(s));
  const named = positionals.filter((p) => !SUBJECTS.some((s) => s === p));
  const missing = named.filter((p) => !existsSync(p));
  if (missing.length > 0) throw new Error(`no such file: ${missing.join(', ')}`);
  const inputs = findInputs(named);
  const count = values.count === undefined ? undefined : Number(values.count);
  if (count !== undefined && !(count > 0)) throw new Error(`--count ${values.count} is no number above 0`);
  if (inputs.kernels.length + inputs.modules.length + inputs.dumps.length === 0) {
    console.log(`Nothing to compare. ${HOW_TO}`);
    return 1;
  }
  let wrong = 0;
  let checked = 0;
  for (const subject of subjects.length > 0 ? subjects : SUBJECTS) {
    const start = process.hrtime.bigint();
    const outcomes = await runs[subject](inputs, count);
    const seconds = Number((process.hrtime.bigint() - start) / 1_000_000_000n);
    for (const o of outcomes) {
      wrong += o.unexplained;
      checked += o.checked;
    }
    if (outcomes.some((o) => o.checked > 0)) console.log(`${report(outcomes, Number(values.examples))}\n`);
    console.log(`${subject}: ${seconds} s\n`);
  }
  if (checked === 0) console.log(`Nothing to compare. ${HOW_TO}`);
  else console.log(`${wrong} differences are not explained`);
  return checked > 0 && wrong === 0 ? 0 : 1;
}

process.exitCode = await main().catch((error: Error) => {
  console.error(error instanceof MissingPeerError ? `${error.message}\n${HOW_TO}` : (error.stack ?? error.message));
  return 2;
});
