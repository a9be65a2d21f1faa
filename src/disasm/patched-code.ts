import type { Disassembler, Instruction, InstructionSetName } from '../program/instruction.ts';
import type { FileText, PatchKind, PatchSite } from '../program/ports.ts';
import { instructionLine, type SymbolAt } from './instruction-line.ts';

/** What the file has in place of an instruction that was rewritten at run time. */
export interface Patched {
  readonly bytes: Uint8Array;
  /** The instructions that begin there, with symbols; empty inside of a longer one. */
  readonly text: string;
  /** What rewrote it, where the file's tables tell. */
  readonly kind: PatchKind | undefined;
}

interface Reader {
  readonly disassembler: Disassembler;
  readonly set: InstructionSetName;
  readonly symbolAt: SymbolAt;
  readonly base: 10 | 16;
}

/** How the code in memory differs from that of the file. */
export interface PatchedCode {
  /** By the index of the instruction. */
  readonly patched: ReadonlyMap<number, Patched>;
  /** Nearly all of it differs, and nothing of that is shown: it is other code, or none. */
  readonly replaced: boolean;
}

/** A function of which this part or more changed where no table has anything to patch is another one. */
const MOST = 0.5;
const FEW = 3;

/**
 * Instructions of memory that the file has otherwise. What loading alone changes is not told: fields that
 * relocations fill in, and absolute addresses that the kernel's move changes.
 * @param code instructions one after the other @param file the file's bytes from the first on; it may end early
 */
export function patchedCode(code: readonly Instruction[], file: FileText, reader: Reader): PatchedCode {
  const found = new Map<number, Patched>();
  const first = code[0];
  if (!first) return { patched: found, replaced: false };
  const offsetOf = (i: Instruction): number => Number(i.address - first.address);
  const changed: number[] = [];
  code.forEach((insn, i) => {
    const at = offsetOf(insn);
    if (at + insn.size <= file.bytes.length && differs(insn.bytes, at, file)) changed.push(i);
  });
  if (changed.length === 0) return { patched: found, replaced: false };
  const sites = file.sites();
  const unlisted = changed.filter(
    (i) => !siteOf(sites, offsetOf(code[i] as Instruction), code[i] as Instruction),
  ).length;
  if (unlisted >= FEW && unlisted >= code.length * MOST) return { patched: found, replaced: true };
  const original = originalCode(code, file, reader);
  for (const i of changed) {
    const insn = code[i] as Instruction;
    const at = offsetOf(insn);
    const bytes = file.bytes.subarray(at, at + insn.size);
    const there = original.filter((o) => overlaps(offsetOf(o), o.size, at, insn.size));
    const lines = there.map((o) => lineOf(o, reader));
    const text = lines.filter((_, n) => offsetOf(there[n] as Instruction) >= at).join('; ');
    found.set(i, { bytes, text, kind: kindOf(sites, at, insn, lines.join('; ')) });
  }
  return { patched: found, replaced: false };
}

function overlaps(a: number, sizeA: number, b: number, sizeB: number): boolean {
  return a < b + sizeB && b < a + sizeA;
}

function lineOf(insn: Instruction, { set, symbolAt, base }: Reader): string {
  return instructionLine(insn, set, symbolAt, base).replaceAll(/\s+/g, ' ');
}

/** The file's own instructions; bits that it does not tell are taken from memory, as if nothing had rewritten them. */
function originalCode(
  code: readonly Instruction[],
  file: FileText,
  { disassembler, set }: Reader,
): readonly Instruction[] {
  const bytes = file.bytes.slice();
  const first = code[0] as Instruction;
  for (const insn of file.unknown ? code : []) {
    const at = Number(insn.address - first.address);
    for (let k = 0; k < insn.size && at + k < bytes.length; k++) {
      const mask = file.unknown?.[at + k] ?? 0;
      bytes[at + k] = ((bytes[at + k] as number) & ~mask) | ((insn.bytes[k] as number) & mask);
    }
  }
  return disassembler.disassemble(bytes, first.address, set);
}

/** Whether an instruction is another one, not only moved. */
function differs(bytes: Uint8Array, at: number, file: FileText): boolean {
  const start = firstDifference(bytes, 0, at, file);
  if (start < 0) return false;
  if (file.moved === 0n) return true;
  // An absolute address in it: 4 or 8 bytes that differ by exactly the distance, up or down, and nothing else does.
  for (const size of [4, 8]) {
    for (let from = Math.max(0, start - size + 1); from <= start && from + size <= bytes.length; from++) {
      if (!movedField(bytes, from, at, size, file)) continue;
      if (firstDifference(bytes, from + size, at, file) < 0) return false;
    }
  }
  return true;
}

function firstDifference(bytes: Uint8Array, from: number, at: number, file: FileText): number {
  for (let k = from; k < bytes.length; k++) {
    const changed = (bytes[k] as number) ^ (file.bytes[at + k] as number);
    if ((changed & ~(file.unknown?.[at + k] ?? 0)) !== 0) return k;
  }
  return -1;
}

function movedField(
  bytes: Uint8Array,
  from: number,
  at: number,
  size: number,
  { bytes: there, moved }: FileText,
): boolean {
  let now = 0n;
  let was = 0n;
  for (let k = size - 1; k >= 0; k--) {
    now = (now << 8n) | BigInt(bytes[from + k] as number);
    was = (was << 8n) | BigInt(there[at + from + k] as number);
  }
  const distance = BigInt.asUintN(size * 8, now - was);
  return distance === BigInt.asUintN(size * 8, moved) || distance === BigInt.asUintN(size * 8, -moved);
}

function siteOf(sites: readonly PatchSite[], at: number, insn: Instruction): PatchSite | undefined {
  return sites.find((s) => overlaps(s.offset, s.size, at, insn.size));
}

function kindOf(sites: readonly PatchSite[], at: number, insn: Instruction, text: string): PatchKind | undefined {
  const covering = siteOf(sites, at, insn);
  if (/^(?:int3|brk)$/.test(insn.mnemonic) && (!covering || covering.kind === 'ftrace')) return 'breakpoint';
  if (covering) return covering.kind;
  return /<(?:__fentry__|_?mcount)>/.test(text) ? 'ftrace' : undefined;
}
