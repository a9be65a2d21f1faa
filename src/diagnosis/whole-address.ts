import type { Addr } from '../base/units.ts';
import type { FaultChain } from '../fault/chain.ts';
import type { Program } from '../program/program.ts';
import type { FaultAddress } from './fault-address.ts';

/** Whether the kernel may have printed less than the whole of an address: what it printed leads nowhere, and its top byte is 0. */
export function isCutShort(prog: Program, address: Addr): boolean {
  const { printedAddress, halfBits } = prog.arch;
  if (!printedAddress || !halfBits) return false;
  return address >> 56n === 0n && address >> BigInt(halfBits(prog.map.vaBits)) !== 0n;
}

/** The access with the address that the instruction computed, where the kernel printed a part of that. */
export function wholeAddress(prog: Program, stated: FaultAddress, chain: FaultChain | undefined): FaultAddress {
  const address = chain?.kind === 'access' ? chain.target : undefined;
  if (address === undefined || prog.arch.printedAddress?.(address) !== stated.address) return stated;
  return { ...stated, address };
}
