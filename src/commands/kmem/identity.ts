import { NotFoundError, UsageError } from '../../base/errors.ts';
import { hex, hex64 } from '../../base/hex.ts';
import { type AddressIdentity, addressIdentity } from '../../kernel/address-identity.ts';
import { flagNamesOfPage } from '../../kernel/page-flags.ts';
import { pageMap } from '../../kernel/page-map.ts';
import type { PageOwner } from '../../kernel/page-owner.ts';
import { slabUsage } from '../../kernel/slab-usage.ts';
import { infoAddress } from '../../kernel/task-detail.ts';
import type { Program } from '../../program/program.ts';
import { parseAddress } from '../../report/args.ts';
import { commandPart } from '../../report/command-part.ts';
import { type IdentityData, identityLines, identitySchema } from '../../report/identity-lines.ts';
import { pageDataOf } from '../../report/kernel-memory-lines.ts';
import { problemsOf } from '../../report/problems.ts';
import { arrayOf, object } from '../../report/schema.ts';
import { slabDataOf } from '../../report/slab-lines.ts';
import { userArea } from '../../report/user-area.ts';

interface IdentitiesData {
  readonly addresses: readonly IdentityData[];
}

/** `kmem address`: what an address is. With `-s` and `-S` only its slab. */
export const identity = commandPart<IdentitiesData>({
  name: 'identity',
  schema: object('What addresses are.', { addresses: arrayOf('In the order of the line.', identitySchema) }),
  run({ prog, task }, args) {
    const slabOnly = args.has('s') || args.has('S');
    const freeOnly = args.has('f') || args.has('F');
    const addresses = args.operands.map((word) => {
      const at = parseAddress(word) ?? prog.findSymbol(word)?.address ?? prog.findModuleSymbol(word)?.address;
      if (at === undefined) throw new UsageError(`kmem: '${word}' is neither an address nor a symbol`);
      const found = identityData(
        prog,
        addressIdentity(prog, at, args.has('P') ? 'physical' : undefined),
        args.has('S'),
      );
      const isUser = at < prog.kernelStart && !args.has('P') && task !== undefined;
      const user = isUser && !slabOnly && !freeOnly ? userArea(prog, task, at) : undefined;
      if (freeOnly)
        return { address: found.address, kind: found.kind, freeOnly: true, ...(found.free && { free: found.free }) };
      if (!slabOnly) return user ? { ...found, user } : found;
      if (!found.slab) throw new NotFoundError('slab', hex(at), 'it is not an address of the slab allocator');
      return { address: found.address, kind: found.kind, slab: found.slab };
    });
    return { addresses };
  },
  *blocks(data) {
    for (const address of data.addresses) yield { kind: 'lines', lines: identityLines(address) };
  },
});

function identityData(prog: Program, found: AddressIdentity, wholeSlab: boolean): IdentityData {
  const { symbol, slab, shadow, tracks, task, perCpu, vmap, page, owner, free } = found;
  const cache = slab?.slab.cache;
  const usage = cache && slabUsage(prog, cache);
  return {
    address: hex64(found.address),
    kind: found.kind,
    ...(symbol && {
      symbol: {
        name: symbol.name,
        letter: symbol.letter,
        module: symbol.module ?? null,
        offset: Number(found.address - symbol.address),
      },
    }),
    ...(slab &&
      cache &&
      usage && {
        slab: {
          cache: {
            address: hex64(cache.address),
            name: cache.name,
            objectSize: cache.objectSize,
            allocated: usage.allocated,
            total: usage.total,
            slabs: usage.slabs,
            slabBytes: prog.pageSize * 2 ** cache.order,
          },
          slab: slabDataOf(slab.slab),
          index: wholeSlab ? null : (slab.index ?? null),
          object: slab.object === undefined ? null : hex64(slab.object),
        },
      }),
    ...(shadow && { shadow: { ...shadow, accessible: shadow.accessible ?? null } }),
    ...(tracks && {
      tracks: tracks.map((t) => ({
        what: t.what,
        cpu: t.cpu,
        pid: t.pid,
        when: Number(t.when),
        ...(t.nanoseconds !== undefined && { nanoseconds: Number(t.nanoseconds) }),
        caller: prog.describeAddress(t.caller),
        stack: t.stack.map((at) => prog.describeAddress(at)),
      })),
    }),
    ...(task && {
      task: {
        pid: task.record.pid,
        comm: task.record.comm,
        task: hex64(task.record.address),
        threadInfo: infoAddress(prog, task.record.address),
        cpu: task.record.cpu,
        state: task.record.state,
        active: task.record.active,
        part: task.part,
      },
    }),
    ...(perCpu && {
      perCpu: {
        cpu: perCpu.cpu,
        offset: hex64(perCpu.offset),
        symbol: perCpu.symbol ? `${perCpu.symbol.name}+${hex(perCpu.offset - perCpu.symbol.address)}` : null,
      },
    }),
    ...(vmap && {
      vmap: {
        area: hex64(vmap.address),
        vm: vmap.vm === 0n ? null : hex64(vmap.vm),
        start: hex64(vmap.start),
        end: hex64(vmap.end),
        size: Number(vmap.end - vmap.start),
      },
    }),
    ...(found.physical !== undefined && { physical: found.physical }),
    ...(page && { page: pageDataOf(page, flagNamesOfPage(prog, page)) }),
    ...(owner && { owner: ownerData(prog, owner) }),
    ...(free && {
      free: {
        zone: {
          zone: free.zone.index,
          name: free.zone.name,
          size: free.zone.spanned,
          free: free.zone.counters.get('NR_FREE_PAGES') ?? 0,
          memMap: hex64(pageMap(prog)?.pageOf(free.zone.startFrame) ?? 0n),
          startAddress: free.zone.startFrame * prog.pageSize,
          startIndex: free.zone.startFrame - free.node.startFrame,
        },
        order: free.list.order,
        list: hex64(free.list.address),
        blockBytes: prog.pageSize * 2 ** free.list.order,
        first: hex64(free.first),
        index: free.index,
      },
    }),
    ...problemsOf(found.problems),
  };
}

function ownerData(prog: Program, owner: PageOwner): NonNullable<IdentityData['owner']> {
  return {
    allocated: owner.allocated,
    order: owner.order,
    tracks: owner.tracks.map((t) => ({
      what: t.what,
      pid: t.pid,
      nanoseconds: t.nanoseconds === undefined ? null : Number(t.nanoseconds),
      stack: t.stack.map((at) => prog.describeAddress(at)),
    })),
  };
}
