import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { isMapped } from '../diagnosis/mapped.ts';
import { pointerKind } from '../diagnosis/pointer-kind.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { userMemory } from '../diagnosis/user-memory.ts';
import { perCpuSymbol } from '../kernel/address-identity.ts';
import { perCpuOffset, possibleCpus } from '../kernel/percpu.ts';
import { mayBePerCpu } from '../kernel/percpu-memory.ts';
import { vmapAreas } from '../kernel/vmalloc.ts';
import type { Program } from '../program/program.ts';

/** A pointer that alloc_percpu() gave was used as if it were an address. */
export const perCpuPointer: Rule = {
  id: 'pointer.per-cpu',
  title: 'A per-CPU pointer was used without the offset of a CPU',
  source: 'Documentation/core-api/this_cpu_ops.rst; include/linux/percpu-defs.h, per_cpu_ptr()',
  *check(of) {
    const { fault, site, chain, prog } = of;
    if (!fault || !site || fault.access === 'execute' || pointerKind(fault.address).kind !== 'wild') return;
    if (isMapped(prog, fault.address) || userMemory(of, fault.address)) return;
    const copies = attempt(() => copiesOf(prog, fault.address)) ?? [];
    if (copies.length === 0) return;
    const where = frameName(site);
    const at = hex(fault.address);
    const symbol = attempt(() => perCpuSymbol(prog, fault.address));
    const name = symbol ? `, ${symbol.name},` : '';
    const told = chain?.kind === 'access' ? chain : undefined;
    yield {
      severity: 'cause',
      confidence: 'likely',
      title: { en: `Per-CPU pointer used as an address in ${where}`, zh: `${where} 把每 CPU 指针直接当作地址` },
      sentence: {
        en: `${where} used ${at}${told ? ` (\`${told.expression}\`)` : ''} as an address; with the offset of each CPU added${name} it leads to memory: per_cpu_ptr() or this_cpu_ptr() was left out.`,
        zh: `${where} 把 ${at}${told ? `（\`${told.expression}\`）` : ''} 当作地址使用；加上每个 CPU 的偏移后${symbol ? `（${symbol.name}）` : ''}它才指向内存：遗漏了 per_cpu_ptr() 或 this_cpu_ptr()。`,
      },
      subject: frameSubject(site),
      evidence: [
        logEvidence(fault.line),
        ...copies.slice(0, 2).map((copy) => ({
          what: { en: `CPU ${copy.cpu} has it at`, zh: `CPU ${copy.cpu} 的副本位于` },
          value: hexPad(copy.at),
          command: `rd ${hexPad(copy.at)}`,
        })),
        ...(told ? chainEvidence(of) : []),
        ...interruptedEvidence(of),
      ],
      explains: ['death.exception', 'pointer.bad'],
    };
  },
};

/** Where each possible CPU has its copy; none when one of them would lead nowhere, or to what is no per-CPU data. */
function copiesOf(prog: Program, at: Addr): { readonly cpu: number; readonly at: Addr }[] {
  const copies = possibleCpus(prog).map((cpu) => ({ cpu, at: addrAdd(at, perCpuOffset(prog, cpu)) }));
  const real = copies.every(
    (c) => c.at !== at && c.at >= prog.kernelStart && isMapped(prog, c.at) && mayBePerCpu(prog, c.at),
  );
  return real && copies.length > 1 && inOwnUnits(prog, copies) ? copies : [];
}

/**
 * The first chunk has a unit for each CPU, as far apart as their offsets: what is added to one CPU's offset and leads into another's
 * unit is no per-CPU pointer. Later chunks lie in vmalloc space, anywhere.
 */
function inOwnUnits(prog: Program, copies: readonly { readonly cpu: number; readonly at: Addr }[]): boolean {
  const inAreas = attempt(() =>
    copies.every(({ at }) => vmapAreas(prog).areas.some((a) => at >= a.start && at < a.end)),
  );
  const first = prog.findSymbol('__per_cpu_start')?.address;
  if (inAreas === true || first === undefined) return true;
  const units = copies.map(({ cpu, at }) => ({ at, start: addrAdd(first, perCpuOffset(prog, cpu)) }));
  const sorted = units.map((u) => u.start).sort((a, b) => (a < b ? -1 : 1));
  const apart = sorted.slice(1).map((start, i) => start - (sorted[i] as bigint));
  const unit = apart.reduce((least, d) => (d < least ? d : least), apart[0] ?? 0n);
  return units.every(({ at, start }) => at >= start && at - start < unit);
}
