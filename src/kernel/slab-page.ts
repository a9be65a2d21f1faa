import { CorruptError, FAULT_TEXT } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { unsignedMember } from './bit-field.ts';
import { KernelStruct } from './kernel-struct.ts';
import { type PageMap, pageMap } from './page-map.ts';
import { type SlabPageLayout, slabPageLayout } from './slab-layout.ts';

/** The descriptor of a slab (`struct slab`, before Linux 5.17 `struct page`), one at a time. */
export class SlabPage {
  readonly #prog: Program;
  readonly #layout: SlabPageLayout;
  readonly #object: KernelStruct;
  readonly #map: PageMap | undefined;
  address: Addr = 0n;

  /** @throws NotFoundError when the kernel does not use SLUB */
  constructor(prog: Program) {
    this.#prog = prog;
    this.#layout = slabPageLayout(prog);
    this.#object = new KernelStruct(prog, this.#layout.size);
    this.#map = pageMap(prog);
  }

  /** Reads the descriptor at `at`; returns why it cannot be one of `cache`. */
  load(at: Addr, cache?: Addr): string | undefined {
    this.address = at;
    const fault = this.#object.load(at);
    if (fault) return `its descriptor is ${FAULT_TEXT[fault]}`;
    if (cache !== undefined && this.cache !== cache) return 'it belongs to another cache';
    return undefined;
  }

  /** As `load`, from bytes that were read already. @param descriptor at least as long as a descriptor is */
  take(at: Addr, descriptor: Uint8Array): void {
    this.address = at;
    const { bytes } = this.#object;
    bytes.set(descriptor.subarray(0, bytes.length));
  }

  get cache(): Addr {
    return this.#object.pointer(this.#layout.cache);
  }

  /** First free object of the slab itself. */
  get freelist(): Addr {
    return this.#object.pointer(this.#layout.freelist);
  }

  /** Objects that the slab does not count as free. */
  get inUse(): number {
    return unsignedMember(this.#object, this.#layout.inUse);
  }

  get objects(): number {
    return unsignedMember(this.#object, this.#layout.objects);
  }

  /** The next slab of a CPU's partial list. */
  get next(): Addr {
    return this.#layout.next === undefined ? 0n : this.#object.pointer(this.#layout.next);
  }

  /** `page.flags`, which tells the node. */
  get flags(): bigint {
    return this.#object.pointer(this.#layout.flags);
  }

  /** Where its objects are. @throws CorruptError when the descriptor is not in the memory map */
  get memory(): Addr {
    return slabMemory(this.#prog, this.#map, this.address);
  }

  /** From a node of a list of slabs to the slab. */
  static fromListNode(prog: Program, node: Addr): Addr {
    return addrAdd(node, -slabPageLayout(prog).list);
  }
}

function slabMemory(prog: Program, map: PageMap | undefined, descriptor: Addr): Addr {
  const frame = map?.frameOf(descriptor);
  if (frame === undefined) throw new CorruptError(descriptor, 'it is not in the memory map');
  return prog.map.directMap(frame * prog.pageSize);
}
