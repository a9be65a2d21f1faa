import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import { accessibleBytes, kasanShadowAddress } from '../kernel/kasan-shadow.ts';
import { type PageTrack, pageOwner } from '../kernel/page-owner.ts';
import { type PageUse, pageUseAt } from '../kernel/page-use.ts';
import { vmapAreas } from '../kernel/vmalloc.ts';
import type { Program } from '../program/program.ts';
import type { Evidence } from '../report/finding.ts';
import type { AllocatorReport } from './allocator-report.ts';
import type { Case } from './case.ts';
import { logEvidence, present, wordEvidence } from './evidence.ts';
import { pageOwnerCaller, pageOwnerEvidence } from './page-owner-evidence.ts';
import { askedBy, vmallocPlace } from './vmalloc-place.ts';

/** What KASAN reported an access to, where that is no object of a slab. */
export interface ReportedMemory {
  readonly words: Phrase;
  /** In place of the title that the words of KASAN give. */
  readonly title?: Phrase;
  readonly evidence: readonly Evidence[];
  readonly allocatedBy?: string;
  readonly freedBy?: string;
}

/** The memory of a report without an object: of a stack, a variable, vmalloc or a page. */
export function reportedMemory(of: Case, report: AllocatorReport): ReportedMemory | undefined {
  const { access, lines = [] } = report;
  if (!access) return undefined;
  const found =
    onStack(lines) ??
    variable(of, access.address, lines) ??
    inVmalloc(of, access.address) ??
    inPage(of, access.address);
  return found && { ...found, evidence: [...found.evidence, ...shadowEvidence(of, access.address)] };
}

/** KASAN's bytes of the 64 bytes around it. */
function shadowEvidence(of: Case, at: Addr): Evidence[] {
  const where = kasanShadowAddress(of.prog, at);
  const what = { en: "KASAN's shadow of the 64 bytes around it", zh: 'KASAN 对其周围 64 字节的影子内存' };
  return where === undefined ? [] : present(wordEvidence(of.prog, what, where & ~7n));
}

/** print_address_stack_frame(), mm/kasan/report_generic.c: the frame, and its variables by their bytes in it. */
function onStack(lines: readonly string[]): ReportedMemory | undefined {
  const first = lines.findIndex((l) => /belongs to (?:the )?stack of task /.test(l));
  const owner = / stack of task (.{1,32})$/.exec(lines[first] ?? '')?.[1];
  if (owner === undefined) return undefined;
  const rest = lines.slice(first, first + 40);
  const offset = match(rest, /located at offset (\d{1,8}) in frame:/);
  const frame = match(rest, /^ ([\w.]+)\+0x0\/0x[0-9a-f]+(?: (\[\w+\]))?$/);
  const inside = frame && `${frame[1]}${frame[2] === undefined ? '' : ` ${frame[2]}`}`;
  const near = offset && nearVariable(rest, Number(offset[1]));
  const enWhere = inside === undefined ? '' : `, in the frame of ${inside}`;
  const zhWhere = inside === undefined ? '' : `中 ${inside} 的栈帧`;
  return {
    words: {
      en: `the stack of ${owner}${enWhere}${near ? `, ${near.en}` : ''}`,
      zh: `${owner} 的栈${zhWhere}${near ? `，${near.zh}` : ''}`,
    },
    evidence: [lines[first], offset?.input, frame?.input, near?.line].flatMap((l) => (l ? [logEvidence(l)] : [])),
  };
}

function match(lines: readonly string[], pattern: RegExp): RegExpExecArray | undefined {
  for (const line of lines) {
    const found = pattern.exec(line);
    if (found) return found;
  }
  return undefined;
}

/** The variable that begins last before an offset: ` [32, 45) 'second'`, since v5.2 with the line where it is declared. */
function nearVariable(lines: readonly string[], offset: number): (Phrase & { readonly line: string }) | undefined {
  const variables = lines.flatMap((line) => {
    const [, start, end, name] = /^ \[(\d{1,8}), (\d{1,8})\) '([^']{1,100})'/.exec(line) ?? [];
    return name === undefined ? [] : [{ line, start: Number(start), end: Number(end), name }];
  });
  const near = variables.findLast((v) => v.start <= offset);
  if (!near) return undefined;
  const { line, start, end, name } = near;
  const size = end - start;
  if (offset < end)
    return {
      line,
      en: `${offset - start} bytes into its variable ${name}`,
      zh: `其变量 ${name} 内 ${offset - start} 字节处`,
    };
  return {
    line,
    en: `${offset === end ? 'right behind' : `${offset - end} bytes beyond`} its variable ${name} of ${size} bytes`,
    zh: `其变量 ${name}（${size} 字节）末尾之后 ${offset - end} 字节处`,
  };
}

/** ` pier_names+0x35/0x60 [module]`: the size is that with what the compiler put behind it. */
function variable(of: Case, at: Addr, lines: readonly string[]): ReportedMemory | undefined {
  const first = lines.findIndex((l) => /belongs to the variable:$/.test(l));
  const line = first < 0 ? undefined : lines[first + 1];
  const [, name, offset, module] = /^ ([\w.]+)\+0x([0-9a-f]{1,8})\/0x[0-9a-f]+(?: (\[\w+\]))?$/.exec(line ?? '') ?? [];
  if (line === undefined || name === undefined) return undefined;
  const shown = module === undefined ? name : `${name} ${module}`;
  const bytes = Number.parseInt(offset ?? '0', 16);
  const size = accessibleBytes(of.prog, at - BigInt(bytes), bytes);
  const words = size
    ? {
        en: `the variable ${shown}, ${bytes === size ? 'right behind' : `${bytes - size} bytes beyond`} its ${size} bytes`,
        zh: `变量 ${shown}（${size} 字节）末尾之后 ${bytes - size} 字节处`,
      }
    : {
        en: `the variable ${shown}, ${bytes} bytes behind its beginning`,
        zh: `变量 ${shown}，距其开头 ${bytes} 字节处`,
      };
  return { words, evidence: [logEvidence(line)] };
}

function inVmalloc(of: Case, at: Addr): ReportedMemory | undefined {
  const { prog } = of;
  const area = attempt(() => vmapAreas(prog).areas.find((a) => at >= a.start && at < a.end));
  const hole = attempt(() => vmallocPlace(prog, at));
  if (hole) {
    return {
      words: { en: `${hex(at)}, ${hole.words.en}`, zh: `${hex(at)}，${hole.words.zh}` },
      ...{ title: hole.title, evidence: hole.evidence },
    };
  }
  const size = area && accessibleBytes(prog, area.start, Number(at - area.start));
  const by = area && askedBy(prog, area);
  if (!area || size === undefined) return undefined;
  const beyond = Number(at - area.start) - size;
  return {
    words: {
      en: `${hex(at)}, ${beyond} bytes beyond the ${size} bytes of an area of vmalloc${by ? ` that ${by} asked for` : ''}`,
      zh: `${hex(at)}，位于${by ? ` ${by} 申请的` : ''} vmalloc 区域（${size} 字节）末尾之后 ${beyond} 字节处`,
    },
    title: { en: 'Access beyond an area of vmalloc', zh: '越过 vmalloc 区域的访问' },
    evidence: [
      {
        what: { en: 'where the area begins', zh: '该区域的起点' },
        value: hexPad(area.start),
        command: `struct -x vmap_area.va_start ${hexPad(area.address)}`,
      },
    ],
  };
}

/** A block of pages for one object of the size that was asked for; KASAN lets the rest of it be. */
function beyondBlock(prog: Program, { head }: PageUse, at: Addr): Phrase | undefined {
  const start = prog.map.directMap(head.frame * prog.pageSize);
  const size = start === undefined || start > at ? undefined : accessibleBytes(prog, start, Number(at - start));
  if (start === undefined || !size) return undefined;
  const beyond = Number(at - start) - size;
  const behind = beyond === 0 ? 'right behind' : `${beyond} bytes beyond`;
  return {
    en: `${hex(at)}, ${behind} the ${size} bytes that were asked for at ${hex(start)}`,
    zh: `${hex(at)}，位于 ${hex(start)} 处所申请的 ${size} 字节末尾之后 ${beyond} 字节处`,
  };
}

/** A page of the direct map, whose owner the kernel notes with page_owner=on. */
function inPage(of: Case, at: Addr): ReportedMemory | undefined {
  const { prog } = of;
  const where = attempt(() => prog.map.translate(at));
  const direct = typeof where === 'object' && prog.map.directMap(where.phys) === at;
  const page = direct ? attempt(() => pageUseAt(prog, at)) : undefined;
  if (!page) return undefined;
  const owner = attempt(() => pageOwner(prog, page.page.frame));
  const by = (what: PageTrack['what']): string | undefined => {
    const track = owner?.tracks.find((t) => t.what === what);
    return track && pageOwnerCaller(prog, track);
  };
  const [freedBy, allocatedBy] = [by('freed'), by('allocated')];
  const free = owner ? !owner.allocated : page.kind === 'buddy';
  return {
    words: free
      ? { en: `${hex(at)}, in a page that is free`, zh: `${hex(at)}，所在页已空闲` }
      : (beyondBlock(prog, page, at) ?? {
          en: `${hex(at)}, in a page that is allocated`,
          zh: `${hex(at)}，所在页已分配`,
        }),
    // of a page that is allocated the last free is that of an earlier owner
    ...(free && freedBy !== undefined && { freedBy }),
    ...(allocatedBy !== undefined && { allocatedBy }),
    evidence: pageOwnerEvidence(of, page),
  };
}
