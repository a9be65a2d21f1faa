import type { Addr } from '../../base/units.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import { evaluateValue } from './expression.ts';
import type { ExpressionContext } from './expression-context.ts';
import { nameOf } from './scopes.ts';

/** Entries of a function that are looked at. */
const MAX_ENTRIES = 200_000;

/** The function that was called, as far as it is known. */
export interface Callee {
  readonly name: string;
  /** Run-time address. */
  readonly entry: Addr | undefined;
}

/**
 * What the caller put into a parameter's place (DWARF 5, 3.4; GNU's call sites before it). Undefined when its call site
 * does not tell, or may lead to another function which then jumped to `callee`: its parameters say nothing then.
 * @param caller the calling function @param returnPlace where the call returns to @param location that of the parameter
 * @param context of the caller's frame
 */
export function parameterValue(
  caller: DieCursor,
  returnPlace: number,
  location: Uint8Array,
  context: ExpressionContext,
  callee: Callee,
): bigint | undefined {
  const site = callSite(caller, returnPlace);
  if (!site || !leadsTo(site, callee, context)) return undefined;
  const die = site.child();
  for (let n = 0; die && n < MAX_ENTRIES; n++) {
    if (die.tag === DW_TAG.call_site_parameter || die.tag === DW_TAG.GNU_call_site_parameter) {
      const own = die.block(DW_AT.location);
      const value = die.block(DW_AT.call_value) ?? die.block(DW_AT.GNU_call_site_value);
      if (own && value && sameBytes(own, location)) return evaluateValue(value, context);
    }
    if (!die.sibling()) return undefined;
  }
  return undefined;
}

/** The call that returns to a place, anywhere inside of a function. */
function callSite(caller: DieCursor, returnPlace: number): DieCursor | undefined {
  const die = caller.clone();
  let depth = 0;
  for (let n = 0; n < MAX_ENTRIES; n++) {
    if (die.tag === DW_TAG.call_site || die.tag === DW_TAG.GNU_call_site) {
      const at = die.place(DW_AT.call_return_pc) ?? die.place(DW_AT.low_pc);
      if (at === returnPlace) return die;
    }
    if (die.tag === 0) {
      if (--depth <= 0) return undefined;
    } else if (die.hasChildren) depth++;
    else if (depth === 0) return undefined;
    if (!die.next()) return undefined;
  }
  return undefined;
}

function leadsTo(site: DieCursor, callee: Callee, context: ExpressionContext): boolean {
  const origin = site.follow(DW_AT.call_origin) ?? site.follow(DW_AT.abstract_origin);
  if (origin) return nameOf(origin) === callee.name;
  const target = site.block(DW_AT.call_target) ?? site.block(DW_AT.GNU_call_site_target);
  if (!target || callee.entry === undefined) return false;
  return evaluateValue(target, context) === callee.entry;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
