import { AnalysisError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { mmLayout, vmaName } from '../kernel/mm.ts';
import { vmas } from '../kernel/vma.ts';
import { vmaFlagNames } from '../kernel/vma-flags.ts';
import { vmaPage } from '../kernel/vma-pages.ts';
import type { Program } from '../program/program.ts';
import type { VmaData } from './vma-data.ts';

/**
 * The area of a task's user space that holds an address, with the page there; undefined when none does, and for kernel
 * threads. @param task `struct task_struct *`
 */
export function userArea(prog: Program, task: Addr, at: Addr): VmaData | undefined {
  try {
    const address = prog.memory.ulong(task + BigInt(prog.offset('task_struct', 'mm')));
    if (address === 0n) return undefined;
    const mm = mmLayout(prog, address);
    const vma = vmas(prog, address).vmas.find((v) => at >= v.start && at < v.end);
    if (!vma) return undefined;
    const page = vmaPage(prog, mm.pgd, vma, at);
    return {
      vma: hex64(vma.address),
      start: hex64(vma.start),
      end: hex64(vma.end),
      flags: hex64(vma.flags),
      flagNames: vmaFlagNames(prog, vma.flags),
      file: vma.file === 0n ? null : hex64(vma.file),
      offset: vma.file === 0n ? null : hex64(vma.pageOffset * BigInt(prog.pageSize)),
      name: vmaName(prog, mm, vma),
      pages: [
        {
          address: hex64(page.address),
          physical: page.physical === undefined ? null : hex64(BigInt(page.physical)),
          offset: page.fileOffset === undefined ? null : hex64(page.fileOffset),
          ...(page.swap && { swap: { path: page.swap.path, offset: hex64(page.swap.offset) } }),
          ...(page.unknown !== undefined && { unknown: page.unknown }),
        },
      ],
    };
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return undefined;
  }
}
