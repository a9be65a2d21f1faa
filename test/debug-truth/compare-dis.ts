import { architectures } from '../../src/arch/index.ts';
import type { ElfFile } from '../../src/elf/elf-file.ts';
import { nodeDisassembler } from '../../src/node/disassembler.ts';
import type { Instruction } from '../../src/program/instruction.ts';
import { isBad, normalise, type PeerInstruction, parseObjdump } from './objdump-text.ts';
import { Outcome } from './outcome.ts';
import { askPeer, type PeerCommand } from './peer.ts';
import { Random } from './random.ts';
import { withDebugFile } from './with-debug-file.ts';

const STT_FUNC = 2;
const MAX_FUNCTION = 0x10000n;
/** Functions that one objdump is asked for, by address: it reads the whole symbol table every time. */
const WINDOWS = 20;

interface Function_ {
  readonly name: string;
  readonly start: bigint;
  readonly end: bigint;
}

/** Instructions of random functions of a vmlinux: where they begin and end, and what they are. */
export async function compareDis(path: string, count: number, objdump: PeerCommand, name: string): Promise<Outcome> {
  const outcome = new Outcome(name, 'instructions');
  await withDebugFile(path, async ({ elf }) => {
    const { machine } = elf.header;
    const set = architectures.find((a) => a.elfMachine === machine)?.instructionSet;
    if (!set) throw new Error(`${path}: no disassembler for ELF machine ${machine}`);
    const disassembler = nodeDisassembler();
    let done = 0;
    for (const chosen of windows(functionsOf(elf), count)) {
      const theirs = await askObjdump(objdump, path, chosen);
      for (const f of chosen) {
        const list = theirs.get(f.start);
        if (!list) continue;
        const code = Uint8Array.from(list.flatMap((i) => [...i.bytes]));
        compareFunction(f.name, list, disassembler.disassemble(code, f.start, set), outcome);
        done++;
      }
    }
    outcome.notes.push(`${done} functions`);
  });
  return outcome;
}

/** `count` functions in runs of neighbours, none twice. */
function windows(all: readonly Function_[], count: number): Function_[][] {
  const random = new Random(1);
  const each = Math.max(1, Math.ceil(count / WINDOWS));
  const slots = Array.from({ length: Math.ceil(all.length / each) }, (_, i) => i);
  return random.sample(slots, WINDOWS).map((slot) => all.slice(slot * each, (slot + 1) * each));
}

/** Functions of the file with a size, by address. */
function functionsOf(elf: ElfFile): Function_[] {
  const table = elf.symbols();
  const found = new Map<bigint, Function_>();
  for (let i = 1; table && i < table.count; i++) {
    if (((table.infos[i] as number) & 15) !== STT_FUNC) continue;
    const size = BigInt(table.sizes[i] as number);
    const start = elf.symbolAddress(i);
    if (size === 0n || size > MAX_FUNCTION || start === 0n) continue;
    found.set(start, { name: table.name(i), start, end: start + size });
  }
  return [...found.values()].sort((a, b) => (a.start < b.start ? -1 : 1));
}

/** objdump's instructions of neighbouring functions, by the start of each. */
async function askObjdump(
  objdump: PeerCommand,
  path: string,
  chosen: readonly Function_[],
): Promise<Map<bigint, PeerInstruction[]>> {
  const found = new Map<bigint, PeerInstruction[]>();
  for (const group of nearby(chosen)) {
    const from = group[0]?.start ?? 0n;
    const to = group.reduce((max, f) => (f.end > max ? f.end : max), 0n);
    const range = [`--start-address=0x${from.toString(16)}`, `--stop-address=0x${to.toString(16)}`];
    const text = await askPeer(objdump, ['-d', '-z', '--show-raw-insn', ...range, path]);
    const instructions = parseObjdump(text);
    for (const f of group) {
      const list = instructions.filter((i) => i.address >= f.start && i.address < f.end);
      if (list[0]?.address === f.start) found.set(f.start, list);
    }
  }
  return found;
}

/** Splits where the next function is far away. */
function nearby(functions: readonly Function_[]): Function_[][] {
  const groups: Function_[][] = [];
  for (const f of functions) {
    const last = groups.at(-1)?.at(-1);
    if (last && f.start - last.end < 0x10000n) groups.at(-1)?.push(f);
    else groups.push([f]);
  }
  return groups;
}

/** Each instruction of objdump against ours at the same address. */
function compareFunction(
  name: string,
  theirs: readonly PeerInstruction[],
  ours: readonly Instruction[],
  into: Outcome,
): void {
  const own = new Map(ours.map((i) => [i.address, i]));
  for (const t of theirs) {
    const mine = own.get(t.address);
    const text = mine ? `${mine.mnemonic} ${mine.operandText}` : '';
    const left = normalise(text);
    const right = normalise(t.text);
    const sized = mine?.size === t.bytes.length;
    if (sized && left === right) {
      into.same();
      continue;
    }
    // What objdump takes for no instruction, we may know, or the other way round.
    const kind = !sized
      ? 'boundary'
      : isBad(t.text)
        ? 'no instruction for objdump'
        : `operands: ${right.split(' ')[0]}`;
    const code = [...t.bytes].map((b) => b.toString(16).padStart(2, '0')).join(' ');
    into.differs(
      kind,
      undefined,
      `${name} 0x${t.address.toString(16)} [${code}] ours ${left || '(none)'} | objdump ${right}`,
    );
  }
}
