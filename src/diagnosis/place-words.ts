import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import { modulePlace } from '../kernel/module-place.ts';
import type { Program } from '../program/program.ts';

/** What lies at an address, for the middle of a sentence: a variable, or a part of a module; empty for anything else. */
export function placeWords(prog: Program, at: Addr): Phrase {
  const symbol = attempt(() => prog.symbolAt(at));
  const inside = symbol && at < symbol.address + BigInt(Math.max(1, symbol.size));
  const place = attempt(() => modulePlace(prog, at));
  if (symbol && inside) {
    const module = symbol.module === undefined ? '' : ` [${symbol.module}]`;
    return { en: ` in ${symbol.name}${module}`, zh: `（${symbol.name}${module}）` };
  }
  if (place)
    return {
      en: ` in ${place.part} of module ${place.module.name}`,
      zh: `（模块 ${place.module.name} 的 ${place.part}）`,
    };
  return { en: '', zh: '' };
}
