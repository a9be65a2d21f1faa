import { FAULT_TEXT } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { attempt } from './note-problem.ts';

const MAX_RESOURCES = 1_000_000;

/** A range of I/O ports or of memory: `struct resource`. */
export interface Resource {
  readonly address: Addr;
  readonly start: bigint;
  /** Inclusive. */
  readonly end: bigint;
  /** NULL for none. */
  readonly name: string | undefined;
  /** 0 for the root. */
  readonly depth: number;
}

export interface Resources {
  /** Each before those inside it, as /proc/iomem and /proc/ioports list them. */
  readonly resources: readonly Resource[];
  readonly problems: readonly Problem[];
}

/**
 * A tree of resources with its root.
 * @param root `ioport_resource` or `iomem_resource` @throws NotFoundError
 */
export function resources(prog: Program, root: 'ioport_resource' | 'iomem_resource'): Resources {
  const offset = (member: string): number => prog.offset('resource', member);
  const at = { start: offset('start'), end: offset('end'), name: offset('name') };
  const [child, sibling] = [offset('child'), offset('sibling')];
  const narrow = prog.findMember('resource', 'start')?.type.size === 4; // resource_size_t is phys_addr_t
  const raw = new KernelStruct(prog, prog.type('resource').size);
  const number = (place: number): bigint => (narrow ? BigInt(raw.u32(place)) : raw.u64(place));
  const found: Resource[] = [];
  const problems: Problem[] = [];
  const seen = new Set<Addr>();
  const damage = (address: Addr, why: string): void => {
    problems.push({ what: root, why: `struct resource ${hex(address)} ${why}` });
  };
  // A stack of its own: a damaged tree may be as deep as it has nodes.
  const waiting: { address: Addr; depth: number }[] = [{ address: prog.symbol(root), depth: 0 }];
  for (let one = waiting.pop(); one; one = waiting.pop()) {
    const { address, depth } = one;
    if (!isKernelPointer(prog, address)) damage(address, 'is no kernel pointer');
    else if (seen.has(address)) damage(address, 'is reached twice');
    else if (seen.size >= MAX_RESOURCES) damage(address, `is one more than ${MAX_RESOURCES}`);
    else {
      seen.add(address);
      const fault = raw.load(address);
      if (fault) {
        damage(address, `is ${FAULT_TEXT[fault]}`);
        continue;
      }
      const [start, end, text] = [number(at.start), number(at.end), raw.pointer(at.name)];
      const [inner, next] = [raw.pointer(child), raw.pointer(sibling)];
      const name =
        text === 0n ? undefined : attempt(problems, `name of ${hex(address)}`, () => prog.memory.cString(text));
      found.push({ address, start, end, name, depth });
      if (next !== 0n && depth > 0) waiting.push({ address: next, depth });
      if (inner !== 0n) waiting.push({ address: inner, depth: depth + 1 });
    }
  }
  return { resources: found, problems };
}
