import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { sinceBoot } from '../base/since-boot.ts';
import type { PageUse } from '../kernel/page-use.ts';
import type { FreePlace } from '../kernel/slab-object-facts.ts';
import type { SlabTrack } from '../kernel/slab-track.ts';
import type { Program } from '../program/program.ts';
import type { FindingSubject } from '../report/finding.ts';
import { placeText } from './evidence.ts';
import type { ExaminedObject } from './examined-object.ts';

/** `ext4_inode_info 0xffff… of slab cache ext4_inode_cache (inode 13, REG, ext4 on vda)`. */
export function objectName(o: ExaminedObject): Phrase {
  const at = hex(o.address);
  const own = o.identity && o.identity.words !== '' ? o.identity.words : undefined;
  const enWords = own === undefined ? '' : ` (${own})`;
  const zhWords = own === undefined ? '' : `（${own}）`;
  if (o.slab) {
    const { name } = o.slab.cache;
    const enType = o.type === undefined ? 'object' : o.type;
    return {
      en: `${enType} ${at} of slab cache ${name}${enWords}`,
      zh: `slab 缓存 ${name} 的${o.type === undefined ? '对象' : ` ${o.type}`} ${at}${zhWords}`,
    };
  }
  if (o.symbol) {
    const module = o.symbol.module === undefined ? '' : ` [${o.symbol.module}]`;
    return { en: `variable ${o.symbol.name}${module} at ${at}`, zh: `变量 ${o.symbol.name}${module}（${at}）` };
  }
  if (o.module !== undefined)
    return { en: `data of module ${o.module} at ${at}`, zh: `模块 ${o.module} 的数据（${at}）` };
  if (o.descriptor) return { en: `page descriptor ${at}`, zh: `页描述符 ${at}` };
  return { en: `memory at ${at}`, zh: `内存 ${at}` };
}

/** What of it a finding names. */
export function objectSubject(o: ExaminedObject): FindingSubject {
  return {
    address: hex(o.address),
    ...(o.type !== undefined && { type: o.type }),
    ...(o.slab && { cache: o.slab.cache.name }),
  };
}

/** On which list an object is free. */
export function freePlaceWords(place: FreePlace): Phrase {
  const n = place.position;
  switch (place.kind) {
    case 'slab':
      return {
        en: `on the free list of its slab, ${n === 0 ? 'at the head' : `${n} objects behind the head`}`,
        zh: `在所属 slab 的空闲链表中，${n === 0 ? '位于表头' : `位于表头之后第 ${n} 个`}`,
      };
    case 'cpu':
      return {
        en: `on the free list of CPU ${place.where}, ${n === 0 ? 'at the head' : `${n} objects behind the head`}`,
        zh: `在 CPU ${place.where} 的空闲链表中，${n === 0 ? '位于表头' : `位于表头之后第 ${n} 个`}`,
      };
    case 'sheaf':
      return {
        en: `in slot ${n} of a sheaf of ${place.where === undefined ? 'the cache' : `CPU or node ${place.where}`}`,
        zh: `在${place.where === undefined ? '缓存' : ` CPU 或节点 ${place.where} `}的 sheaf 的第 ${n} 个槽中`,
      };
  }
}

/** State of an object, in a few words. */
export function stateWords(o: ExaminedObject): Phrase {
  if (o.slab) {
    if (o.slab.allocated) return { en: 'allocated', zh: '已分配' };
    if (o.slab.quarantined) return { en: "freed, in KASAN's quarantine", zh: '已释放，处于 KASAN 隔离区中' };
    const places = o.slab.free.map(freePlaceWords);
    if (places.length === 0) return { en: 'free', zh: '空闲' };
    return {
      en: `free: ${places.map((p) => p.en).join(', and ')}`,
      zh: `空闲：${places.map((p) => p.zh).join('，并且')}`,
    };
  }
  return o.page ? pageWords(o.page) : { en: 'a variable', zh: '变量' };
}

const PAGE_WORDS: Readonly<Record<PageUse['kind'], Phrase>> = {
  slab: { en: 'a page of a slab', zh: 'slab 的页' },
  buddy: { en: 'a free page, given back to the page allocator', zh: '空闲页，已归还给页分配器' },
  unused: { en: "a free page, on a CPU's own list", zh: '空闲页，在某个 CPU 的本地链表中' },
  table: { en: 'a page table', zh: '页表' },
  anonymous: { en: 'memory of a process', zh: '进程的匿名内存' },
  file: { en: 'a cached page of a file', zh: '文件的缓存页' },
  other: { en: 'a page in use', zh: '使用中的页' },
};

/** What a page is used for. */
export function pageWords({ kind }: PageUse): Phrase {
  return PAGE_WORDS[kind];
}

/** A track as `kmem` prints its head: `freed by foo+0x40/0x50 [module], pid 225, cpu 0, at tick 4294894736`. */
export function trackText(prog: Program, track: SlabTrack): string {
  const { what, caller, pid, cpu, when, nanoseconds } = track;
  return [
    `${what === 'deferred' ? 'handed to RCU or a work queue' : what} by ${placeText(prog, caller)}`,
    ...(pid < 0 ? [] : [`pid ${pid}`]),
    ...(cpu < 0 ? [] : [`cpu ${cpu}`]),
    ...(when === 0n ? [] : [`at tick ${when}`]),
    ...(nanoseconds === undefined ? [] : [sinceBoot(nanoseconds)]),
  ].join(', ');
}
