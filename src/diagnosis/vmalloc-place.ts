import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import { freedVmapAreas, type VmapArea, vmapAreas } from '../kernel/vmalloc.ts';
import type { Program } from '../program/program.ts';
import type { Confidence, Evidence } from '../report/finding.ts';

/** A place in vmalloc space that nobody may use. */
export interface VmallocPlace {
  readonly title: Phrase;
  readonly words: Phrase;
  readonly confidence: Confidence;
  readonly evidence: readonly Evidence[];
}

/**
 * What an address of vmalloc space lies behind or in, where no memory is mapped; undefined in an area.
 * @param from the good pointer from which the code came there by an index: the area that was meant is that pointer's
 */
export function vmallocPlace(prog: Program, at: Addr, from?: Addr): VmallocPlace | undefined {
  const { areas } = vmapAreas(prog);
  const meant = from === undefined ? undefined : areaOf(areas, from);
  if (meant && at < meant.start) return inFront(prog, meant, at);
  if (meant && at >= meant.end) return beyond(prog, meant, at);
  const area = areas.find((a) => at >= a.start && at < a.end);
  if (area && at >= area.start + usable(prog, area)) return beyond(prog, area, at);
  if (area) return undefined; // mapped on demand, or damage of the page tables
  const freed = attempt(() => freedVmapAreas(prog).areas.find((a) => at >= a.start && at < a.end));
  if (freed) return given(prog, freed);
  const before = areas.findLast((a) => a.end <= at);
  const behind = areas.find((a) => a.start > at);
  if (!before || !behind || isBetweenSpaces(prog, before.end, at)) return undefined;
  return nothing(before);
}

/** A constant that belongs to the index may have been taken off the pointer. */
const NEAR = 0x100n;

function areaOf(areas: readonly VmapArea[], from: Addr): VmapArea | undefined {
  const behind = areas.find((a) => a.start > from && a.start - from <= NEAR);
  return behind ?? areas.find((a) => from >= a.start && from < a.end);
}

/** Areas of modules and of others lie apart: page descriptors may begin between an area and what lies behind it. */
function isBetweenSpaces(prog: Program, end: Addr, at: Addr): boolean {
  const { vmemmap } = prog.map;
  return vmemmap !== undefined && vmemmap >= end && vmemmap <= at;
}

/** Bytes that have memory: all but the page behind it that guards it. */
function usable(prog: Program, area: VmapArea): bigint {
  return area.pages > 0 ? BigInt(area.pages * prog.pageSize) : area.end - area.start - BigInt(prog.pageSize);
}

/** Who asked for an area: `foo [module]`. */
export function askedBy(prog: Program, area: VmapArea): string | undefined {
  const by = attempt(() => prog.symbolAt(area.caller));
  return by && `${by.name}${by.module === undefined ? '' : ` [${by.module}]`}`;
}

function beyond(prog: Program, area: VmapArea, at: Addr): VmallocPlace {
  const name = askedBy(prog, area);
  const size = usable(prog, area);
  const distance = at - (area.start + size);
  return {
    title: { en: 'Access beyond an area of vmalloc', zh: '越过 vmalloc 区域的访问' },
    words: {
      en: `${distance === 0n ? 'the first byte' : `${distance} bytes`} beyond the ${size} bytes of an area of vmalloc${name ? ` that ${name} asked for` : ''}`,
      zh: `位于${name ? ` ${name} 申请的` : ''} vmalloc 区域（${size} 字节）末尾之后 ${distance} 字节处`,
    },
    confidence: 'certain',
    evidence: [areaEvidence({ en: 'the area in front of it', zh: '它前面的区域' }, area)],
  };
}

function inFront(prog: Program, area: VmapArea, at: Addr): VmallocPlace {
  const name = askedBy(prog, area);
  const distance = area.start - at;
  return {
    title: { en: 'Access in front of an area of vmalloc', zh: '对 vmalloc 区域之前的访问' },
    words: {
      en: `${distance} bytes in front of an area of vmalloc of ${usable(prog, area)} bytes${name ? ` that ${name} asked for` : ''}`,
      zh: `位于${name ? ` ${name} 申请的` : ''} vmalloc 区域（${usable(prog, area)} 字节）起点之前 ${distance} 字节处`,
    },
    confidence: 'certain',
    evidence: [areaEvidence({ en: 'where that area begins', zh: '该区域的起点' }, area)],
  };
}

function given(prog: Program, area: VmapArea): VmallocPlace {
  const by = askedBy(prog, area);
  return {
    title: { en: 'Use of memory of vmalloc after it was freed', zh: '使用已释放的 vmalloc 内存' },
    words: {
      en: `in an area of vmalloc${by ? ` that ${by} had asked for, and that` : ' that'} was given back and waits for its reuse (${hex(area.start)} to ${hex(area.end)})`,
      zh: `位于${by ? ` ${by} 申请的、` : ''}已归还、等待重用的 vmalloc 区域（${hex(area.start)} 至 ${hex(area.end)}）`,
    },
    confidence: 'likely',
    evidence: [
      {
        what: { en: 'where the freed area begins', zh: '已释放区域的起点' },
        value: hexPad(area.start),
        command: `struct -x vmap_area.va_start ${hexPad(area.address)}`,
      },
    ],
  };
}

/** Nothing is known of what was there: it may have been reused for something smaller, or never used. */
function nothing(before: VmapArea): VmallocPlace {
  return {
    title: { en: 'Use of vmalloc space that nobody has', zh: '使用无人占用的 vmalloc 空间' },
    words: {
      en: 'in vmalloc space, where no area is: it was freed, or the pointer is wrong',
      zh: '位于 vmalloc 空间中没有区域的地方：它已被释放，或者指针有误',
    },
    // that nobody has it is sure; which of the two it is, is not
    confidence: 'likely',
    evidence: [areaEvidence({ en: 'the nearest area in front of it', zh: '它前面最近的区域' }, before)],
  };
}

function areaEvidence(what: Phrase, area: VmapArea): Evidence {
  return { what, value: hexPad(area.start), command: `struct -x vmap_area.va_start ${hexPad(area.address)}` };
}
