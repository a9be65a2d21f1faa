import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import { mmLayout, vmaName } from '../kernel/mm.ts';
import { vmas } from '../kernel/vma.ts';
import type { Evidence } from '../report/finding.ts';
import type { Case } from './case.ts';

/** Memory of the process that the kernel worked for. */
export interface UserMemory {
  readonly words: Phrase;
  /** Prints the area that holds the address. */
  readonly command: string;
  /** The beginning of that area, as the command prints it. */
  readonly start: string;
}

/** The area of the dead task's own address space that holds an address; undefined where there is none. */
export function userMemory(of: Case, at: Addr): UserMemory | undefined {
  const { crashed, prog } = of;
  if (!crashed || crashed.mm === 0n || at >= prog.kernelStart) return undefined;
  const area = attempt(() => vmas(prog, crashed.mm).vmas.find((v) => at >= v.start && at < v.end));
  if (!area) return undefined;
  const name = attempt(() => vmaName(prog, mmLayout(prog, crashed.mm), area)) ?? '';
  const who = `${crashed.comm} (pid ${crashed.pid})`;
  return {
    words: {
      en: `memory of user space, ${name === '' ? 'anonymous memory' : name} of ${who}`,
      zh: `用户空间的内存，属于 ${who} 的${name === '' ? '匿名内存' : ` ${name}`}`,
    },
    command: `vm ${crashed.pid}`,
    start: area.start.toString(16),
  };
}

export function userEvidence(user: UserMemory): Evidence {
  return {
    what: { en: 'where the area of user space begins', zh: '用户空间区域的起点' },
    value: user.start,
    command: user.command,
  };
}
