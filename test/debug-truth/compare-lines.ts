import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { DebugFile } from '../../src/debug/dwarf/debug-file.ts';
import { SourceLines } from '../../src/debug/dwarf/source-lines.ts';
import type { ElfFile } from '../../src/elf/elf-file.ts';
import { type NamedLine, parseAddr2line, sameChain } from './addr2line-text.ts';
import { type Answers, judge, lineFacts } from './line-classes.ts';
import { Outcome } from './outcome.ts';
import { askPeer, type PeerCommand } from './peer.ts';
import { writePlacedCopy } from './placed-copy.ts';
import type { Random } from './random.ts';
import { codeSections, textAddresses } from './text-addresses.ts';
import { withDebugFile } from './with-debug-file.ts';

/** The three that say which source line an address has. */
export interface LinePeers {
  readonly gnu: PeerCommand;
  readonly llvm: PeerCommand;
  /** Asked where the other two differ. */
  readonly elfutils: PeerCommand;
}

const EM_X86_64 = 62;

/**
 * Functions, inlined calls, files and lines of random addresses of a vmlinux or module.
 * @param into the outcome that is added to
 */
export async function compareLines(
  path: string,
  count: number,
  random: Random,
  peers: LinePeers,
  into: Outcome = new Outcome(basename(path), 'addresses'),
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'inquest-lines-'));
  try {
    await withDebugFile(path, (file) => compareFile(path, file, folder, count, random, peers, into));
  } finally {
    rmSync(folder, { recursive: true });
  }
  return into;
}

async function compareFile(
  path: string,
  file: DebugFile,
  folder: string,
  count: number,
  random: Random,
  peers: LinePeers,
  into: Outcome,
): Promise<void> {
  const { elf } = file;
  const addresses = textAddresses(elf, random, count, elf.header.machine === EM_X86_64 ? 1 : 4);
  const copy = elf.relocatable ? join(folder, basename(path)) : path;
  if (elf.relocatable) writePlacedCopy(path, elf, copy);
  const input = addresses.map((a) => `0x${a.toString(16)}\n`).join('');
  const ask = async (peer: PeerCommand, ...flags: readonly string[]): Promise<(readonly NamedLine[])[]> =>
    parseAddr2line(await askPeer(peer, [...flags, '-e', copy], input));
  const [gnu, llvm] = await Promise.all([
    ask(peers.gnu, '-a', '-i', '-f'),
    ask(peers.llvm, '-a', '-i', '--functions=short'),
  ]);
  const lines = new SourceLines(file.dwarf);
  const open: Answers[] = [];
  addresses.forEach((address, i) => {
    const ours = lines.at(file.dwarf.place(address)) ?? [];
    const answers = { address, ours, gnu: gnu[i] ?? [], llvm: llvm[i] ?? [], third: [] };
    if (agrees(ours, answers.gnu) && agrees(ours, answers.llvm)) into.same();
    else open.push(answers);
  });
  for (const [i, third] of (
    await askThird(
      open.map((o) => o.address),
      file.elf,
      path,
      peers.elfutils,
    )
  ).entries()) {
    const answers = { ...(open[i] as Answers), third };
    judge(answers, lineFacts(file, answers.address), into);
  }
}

/** elfutils places the sections of a module itself: it is asked by section. */
async function askThird(
  addresses: readonly bigint[],
  elf: ElfFile,
  path: string,
  peer: PeerCommand,
): Promise<(readonly NamedLine[])[]> {
  const answers: (readonly NamedLine[])[] = addresses.map(() => []);
  const ask = async (of: readonly number[], base: bigint, flags: readonly string[]): Promise<void> => {
    const input = of.map((i) => `0x${((addresses[i] as bigint) - base).toString(16)}\n`).join('');
    const found = parseAddr2line(await askPeer(peer, ['-a', '-i', '-f', ...flags, '-e', path], input));
    of.forEach((i, n) => {
      answers[i] = found[n] ?? [];
    });
  };
  if (!elf.relocatable) await ask([...answers.keys()], 0n, []);
  for (const s of elf.relocatable ? codeSections(elf) : []) {
    const inside = [...addresses.entries()].filter(([, a]) => a >= s.address && a < s.address + BigInt(s.size));
    if (inside.length > 0)
      await ask(
        inside.map(([i]) => i),
        s.address,
        ['-j', s.name],
      );
  }
  return answers;
}

/** Where we know no line there is no answer, and peers have the symbol's name alone. */
function agrees(ours: readonly NamedLine[], peer: readonly NamedLine[]): boolean {
  if (ours.length === 0) return peer.every((f) => f.file === '' && f.line === 0);
  return sameChain(ours, peer);
}
