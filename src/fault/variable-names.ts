import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import type { Addr, Bytes } from '../base/units.ts';
import { perCpuSymbol } from '../kernel/address-identity.ts';
import { modulePlace } from '../kernel/module-place.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { pointerTo } from '../types/simple-type.ts';
import { membersAt } from './member-at.ts';
import { leaf, type Named, signedText } from './naming.ts';
import type { Linear } from './origin.ts';

/** A constant, or the address of a symbol. */
export function nameConstant(prog: Program, value: bigint): Named {
  const symbol = prog.symbolAt(value);
  const data = symbol && moduleData(prog, value, symbol);
  if (data !== undefined) return { text: data };
  if (!symbol) return { text: value > 0xffffn ? hex(value) : `${value}` };
  const type = symbol.address === value ? variableType(prog, symbol) : undefined;
  const pointer = type && pointerTo(type, prog.pointerSize);
  return { text: `&${symbol.name}${signedText(value - symbol.address)}`, ...(pointer && { type: pointer }) };
}

function variableType(prog: Program, symbol: KernelSymbol): CType | undefined {
  return /^[tw]$/i.test(symbol.letter) ? undefined : prog.findVariableType(symbol.name);
}

/** What is read from a variable. */
export function nameVariable(prog: Program, at: Addr, size: Bytes): Named {
  const symbol = prog.symbolAt(at);
  const data = symbol && moduleData(prog, at, symbol);
  if (data !== undefined) return { text: `*(${data})` };
  if (!symbol) return { text: `*(${hex(at)})` };
  const inside = Number(at - symbol.address);
  const type = variableType(prog, symbol);
  if (inside === 0 && (type === undefined || type.size === size)) return { text: symbol.name, type };
  const member = type && leaf(membersAt(type, inside, size));
  if (!member) return { text: `*(&${symbol.name}${signedText(BigInt(inside))})` };
  return { text: `${symbol.name}${member.path.startsWith('[') ? '' : '.'}${member.path}`, type: member.type };
}

/** `module+0x1700`: a kernel that keeps no names of data gives a module's variables the name of its last function. */
function moduleData(prog: Program, at: Addr, { letter }: KernelSymbol): string | undefined {
  if (!/^[tw]$/i.test(letter)) return undefined;
  const place = attempt(() => modulePlace(prog, at));
  return place?.part === 'data' ? `${place.module.name}+${hex(at - place.base)}` : undefined;
}

/** A per-CPU variable; undefined for another value. */
export function namePerCpu(prog: Program, { origin, addend }: Linear): Named | undefined {
  if (origin.term?.kind !== 'this-cpu') return undefined;
  if (isCurrent(prog, addend)) return nameCurrent(prog);
  const symbol = perCpuSymbol(prog, addend);
  const text = symbol ? `${symbol.name}${signedText(addend - symbol.address)}` : hex(addend);
  const type = symbol && symbol.address === addend ? prog.findVariableType(symbol.name) : undefined;
  return { text: `this_cpu_read(${text})`, type };
}

/** The task that runs. */
export function nameCurrent(prog: Program): Named {
  const task = prog.findType('struct task_struct');
  return { text: 'current', ...(task && { type: pointerTo(task, prog.pointerSize) }) };
}

/** Per-CPU variables that begin with the task that runs: `pcpu_hot` since Linux 6.2, `current_task` before and since 6.15. */
const CURRENT = ['current_task', 'pcpu_hot', 'const_pcpu_hot', 'const_current_task'];

export function isCurrent(prog: Program, offset: bigint): boolean {
  return CURRENT.some((name) => prog.findSymbol(name)?.address === offset);
}
