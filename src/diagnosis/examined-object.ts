import type { Addr } from '../base/units.ts';
import type { ObjectIdentity } from '../kernel/object-identity.ts';
import type { PageUse } from '../kernel/page-use.ts';
import type { SlabObjectFacts } from '../kernel/slab-object-facts.ts';
import type { SlabPoison } from '../kernel/slab-poison.ts';
import type { SlabTrack } from '../kernel/slab-track.ts';
import type { KernelSymbol } from '../program/ports.ts';

/** Why an address was looked at. */
export interface PointerRole {
  /** Index of the frame of the crashed task. */
  readonly frame: number;
  /** The register that holds it there, by its name in `Architecture.registers`. */
  readonly register?: string;
  /** What it is called in the explanation of the fault: `slab->freelist`. */
  readonly expression?: string;
  /** The frame's registers were saved by an exception, so that `bt` prints them. */
  readonly printed: boolean;
}

/** An address that the dying code worked with, and what lies there. */
export interface ExaminedObject {
  /** The address itself; it may point into the object. */
  readonly pointer: Addr;
  readonly roles: readonly PointerRole[];
  /** Where the object begins: of a slab, a variable, or a page; else the address. */
  readonly address: Addr;
  readonly slab?: SlabObjectFacts;
  /** C type, where the slab cache or the variable tells it. */
  readonly type?: string;
  readonly identity?: ObjectIdentity;
  readonly poison?: SlabPoison;
  /** Who allocated and freed it last. */
  readonly tracks: readonly SlabTrack[];
  /** The variable that it lies in. */
  readonly symbol?: KernelSymbol;
  /** The module whose data it lies in, where no variable is known. */
  readonly module?: string;
  /** Use of the page that it lies in, of an address of the direct map; of a page descriptor the use of its page. */
  readonly page?: PageUse;
  /** The address is that of a page descriptor. */
  readonly descriptor?: true;
}
