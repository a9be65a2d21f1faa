import type { Access, Effect, Machine } from '../../src/fault/machine.ts';
import type { Term } from '../../src/fault/term.ts';
import { nodeDisassembler } from '../../src/node/disassembler.ts';
import type { Instruction, InstructionSetName } from '../../src/program/instruction.ts';

/** A term as short text: `u32[rdi+16]`. */
export function termText(term: Term): string {
  switch (term.kind) {
    case 'constant': {
      const value = BigInt.asIntN(64, term.value);
      return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
    }
    case 'register':
      return term.name;
    case 'memory':
      return `${term.signed ? 's' : 'u'}${term.size * 8}[${termText(term.address)}]`;
    case 'sum':
      return `${termText(term.left)}+${termText(term.right)}`;
    case 'operation':
      return `${term.operation}(${termText(term.left)},${termText(term.right)})`;
    case 'part':
      return `${term.signed ? 's' : 'u'}${term.size * 8}(${termText(term.of)})`;
    case 'choice':
      return `choice(${term.of.map(termText).join(',')})`;
    default:
      return term.kind;
  }
}

function effectTexts(effects: readonly Effect[]): string[] {
  return effects.map(({ to, from }) => {
    const place = to.kind === 'register' ? to.name : `${to.size}[${termText(to.address)}]`;
    return `${place}=${termText(from)}`;
  });
}

export function accessTexts(accesses: readonly Access[]): string[] {
  return accesses.map((a) => `${a.kind} ${a.size}[${termText(a.address)}]`);
}

/** One instruction from its bytes in hexadecimal. */
export function instruction(set: InstructionSetName, hex: string, at = 0x1000n): Instruction {
  const bytes = Uint8Array.from(hex.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? []);
  const [insn] = nodeDisassembler().disassemble(bytes, at, set);
  if (!insn) throw new Error(`no instruction in ${hex}`);
  return insn;
}

/** What an instruction does, by the machine's table. */
export function meaning(machine: Machine, set: InstructionSetName, hex: string): string[] {
  return effectTexts(machine.effects(instruction(set, hex)));
}
