import { pageMap } from '../kernel/page-map.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { pointerTo } from '../types/simple-type.ts';
import type { FaultFrame } from './fault-frame.ts';
import { type MemberAt, membersAt } from './member-at.ts';
import type { Linear } from './origin.ts';

/** `struct page *`, where a value is the address of a page descriptor. */
export function pageType(prog: Program, value: bigint): CType | undefined {
  const page = prog.findType('struct page');
  if (!page || pageMap(prog)?.frameOf(value) === undefined) return undefined;
  return pointerTo(page, prog.pointerSize);
}

export function isPage(frame: FaultFrame, value: Linear): boolean {
  const at = frame.value(value);
  return at !== undefined && pageType(frame.context.prog, at) !== undefined;
}

/** Of an address inside a page descriptor the descriptor's. */
export function pageStart(frame: FaultFrame, value: Linear): Linear | undefined {
  const at = frame.value(value);
  const map = at === undefined || at < 0x10000n ? undefined : pageMap(frame.context.prog);
  if (at === undefined || !map) return undefined;
  for (let back = 0; back < map.stride; back += 8) {
    if (map.frameOf(at - (at & 7n) - BigInt(back)) === undefined) continue;
    return { origin: value.origin, addend: BigInt.asUintN(64, value.addend - BigInt(back) - (at & 7n)) };
  }
  return undefined;
}

/** Page descriptors are used as other structs, too: `slab` and `folio` have been apart since Linux 5.17. */
export function overlaid(prog: Program, struct: CType, offset: number, size: number): MemberAt[] {
  if (struct.name !== 'page') return [];
  return ['slab', 'folio'].flatMap((name) => {
    const type = prog.findType(`struct ${name}`);
    return type ? membersAt(type, offset, size) : [];
  });
}
