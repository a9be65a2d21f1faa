import { attempt } from '../base/attempt.ts';
import { hexPad } from '../base/hex.ts';
import type { Bytes } from '../base/units.ts';
import type { ModuleRecord } from '../kernel/module.ts';
import { modulePlace } from '../kernel/module-place.ts';
import type { Evidence } from '../report/finding.ts';
import { bareName } from './allocator-calls.ts';
import type { Case } from './case.ts';
import { logEvidence, present, wordEvidence } from './evidence.ts';
import { type HangPlace, hangPlaces } from './hang-places.ts';
import { trackText } from './object-words.ts';
import { reportedObject } from './reported-object.ts';

/** How much a module has to do with a death. */
export interface ModuleScore {
  readonly module: ModuleRecord;
  /** 0: nothing leads to it. */
  readonly points: number;
  readonly evidence: readonly Evidence[];
  /** Its code takes part in what the kernel hung on. */
  readonly hung: boolean;
}

/** Taint letters of modules that the kernel's own sources do not vouch for: proprietary, forced, staging, out of tree, unsigned. */
const TAINTS = /[PFCOEXN]/;

const IN_DYING_CODE = 4;
const ON_STACK = 2;
const IN_HISTORY = 3;
const OWNS_CALLBACK = 2;
const LOADED_SHORTLY_BEFORE = 1;
const JUST_LOADED = 2;
const IN_HANG = 3;
/** Places of one module in a hang that are told. */
const MOST_PLACES = 3;
/** Frames from the one of death on that count as the dying code. */
const DYING_FRAMES = 3;
/** Before the first fatal line of the log: shortly before, and just now. */
const RECENT_NS = 60_000_000_000n;
const NOW_NS = 2_000_000_000n;
/** Of an object, looked through for pointers to a module's code. */
const OBJECT: Bytes = 1024;

/** Every tainting module, the one with most to do with it first. */
export function moduleScores(of: Case): ModuleScore[] {
  const modules = of.modules.modules.filter((m) => TAINTS.test(m.taints));
  if (modules.length === 0) return [];
  const hung = hangPlaces(of);
  return modules.map((m) => scoreOf(of, m, hung)).sort((a, b) => b.points - a.points);
}

function scoreOf(of: Case, module: ModuleRecord, hung: readonly HangPlace[]): ModuleScore {
  const found: { points: number; evidence: Evidence }[] = [
    ...onStack(of, module),
    ...inHistory(of, module),
    ...callbacks(of, module),
    ...inHang(module, hung),
    ...loadedNow(of, module),
  ];
  const points = found.reduce((sum, f) => sum + f.points, 0);
  const isHung = hung.some((h) => h.module === module.name);
  return { module, points, evidence: found.map((f) => f.evidence), hung: isHung };
}

type Points = { points: number; evidence: Evidence };

/** Its code is on the stack: the dying code counts more than who called it. */
function onStack(of: Case, module: ModuleRecord): Points[] {
  const site = of.place?.index ?? 0;
  const frames = of.stack?.frames ?? [];
  const index = frames.findIndex((f, i) => i >= site && f.module === module.name);
  const frame = frames[index];
  if (!frame || frame.symbol === null) return [];
  const near = index < site + DYING_FRAMES;
  const what = near
    ? { en: 'its code is where the kernel died', zh: '内核正是死在它的代码处' }
    : { en: 'its code is on the stack', zh: '它的代码在栈上' };
  const value = `[${module.name}]`;
  return [
    {
      points: near ? IN_DYING_CODE : ON_STACK,
      evidence: { what, value, command: of.unwound ? `sym ${frame.pc}` : 'log' },
    },
  ];
}

/** Its code takes part in what the kernel hung on. */
function inHang(module: ModuleRecord, hung: readonly HangPlace[]): Points[] {
  const own = hung.filter((h) => h.module === module.name).slice(0, MOST_PLACES);
  return own.map(({ evidence }, i) => ({ points: i === 0 ? IN_HANG : 0, evidence }));
}

/** It allocated or freed one of the objects. */
function inHistory(of: Case, module: ModuleRecord): Points[] {
  for (const o of [...of.objects, ...present(reportedObject(of))]) {
    for (const track of o.tracks) {
      const inside = [track.caller, ...track.stack].some((at) => holdsCode(of, module, at));
      if (!inside) continue;
      const what = { en: 'it is in the history of the object', zh: '它出现在该对象的历史中' };
      const value = trackText(of.prog, track);
      return [{ points: IN_HISTORY, evidence: { what, value, command: `kmem ${hexPad(o.address)}` } }];
    }
  }
  return [];
}

/** One of the objects holds a pointer to its code. */
function callbacks(of: Case, module: ModuleRecord): Points[] {
  for (const o of of.objects) {
    if (ownMemory(module, o.address)) continue; // a module knows its own functions
    const size = Math.min(o.slab?.cache.objectSize ?? o.symbol?.size ?? 0, OBJECT);
    if (o.slab && !o.slab.allocated && (o.poison?.freeBytes ?? 0) > 0) continue;
    for (let offset = 0; offset + 8 <= size; offset += 8) {
      const value = attempt(() => of.prog.memory.u64(o.address + BigInt(offset)));
      if (value === undefined) break;
      // the beginning of its memory is what the lists of the module loader and of vmalloc hold
      if (!holdsCode(of, module, value) || module.memory.some((m) => m.base === value)) continue;
      const symbol = attempt(() => of.prog.symbolAt(value));
      if (symbol?.address !== value) continue; // a function is called at its beginning
      const name = bareName(symbol.name);
      const what = {
        en: `an object holds a pointer to its function ${name}`,
        zh: `某个对象保存着指向其函数 ${name} 的指针`,
      };
      const evidence = wordEvidence(of.prog, what, o.address + BigInt(offset));
      return evidence ? [{ points: OWNS_CALLBACK, evidence }] : [];
    }
  }
  return [];
}

function ownMemory(module: ModuleRecord, at: bigint): boolean {
  return module.memory.some((m) => at >= m.base && at < m.base + BigInt(m.size));
}

function holdsCode(of: Case, module: ModuleRecord, at: bigint): boolean {
  if (!ownMemory(module, at)) return false;
  return attempt(() => modulePlace(of.prog, at))?.part === 'text';
}

/** The log tells of its loading short before the end. */
function loadedNow(of: Case, module: ModuleRecord): Points[] {
  const death = of.log[of.fatal?.index ?? of.log.length - 1]?.timestampNs ?? 0n;
  const head = `${module.name}: `;
  const record = of.log.find((r) => r.text.startsWith(head) && LOADING.test(r.text));
  const age = record && death - record.timestampNs;
  if (!record || age === undefined || age > RECENT_NS) return [];
  return [
    {
      points: age <= NOW_NS ? JUST_LOADED : LOADED_SHORTLY_BEFORE,
      evidence: logEvidence(record.text, { en: 'it was loaded shortly before', zh: '它在不久之前才被加载' }),
    },
  ];
}

/** kernel/module/main.c: what the kernel says of a module that it loads and does not trust. */
const LOADING =
  /loading out-of-tree module|module verification failed|module license|module is from the staging directory/;
