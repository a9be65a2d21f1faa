import type { Case } from './case.ts';

/** What the kernel's check of its linked lists said (lib/list_debug.c, Linux 4.19 to 7.2). */
export interface ListReport {
  readonly line: string;
  /**
   * `double-add`: an entry is added that is there already; `removed`: one is removed that has been removed before;
   * `broken`: neighbours do not point to each other.
   */
  readonly kind: 'double-add' | 'removed' | 'broken';
  /** The entry that was added or removed; of a broken list the entry next to the break. */
  readonly entry: bigint;
  /** What stands where another pointer should. */
  readonly found?: bigint;
  readonly expected?: bigint;
}

const DOUBLE = /^list_add double add: new=([0-9a-f]+), prev=([0-9a-f]+), next=([0-9a-f]+)/;
const REMOVED = /^list_del corruption,? ([0-9a-f]+)->(?:next|prev) is (?:LIST_POISON[12] \(([0-9a-f]+)\)|NULL)/;
const BROKEN =
  /^list_(?:add|del) corruption[.,] (?:prev->next|next->prev) should be (?:next |prev )?\(?([0-9a-f]+)\)?, but was ([0-9a-f]+)(?:\. \((?:prev|next)=([0-9a-f]+)\))?/;

/** Records before the fatal one in which the check speaks: what it found comes before the BUG that it ends in. */
const BEFORE = 8;

/** What the check said of the list that the kernel died of. */
export function listReportOf(of: Case): ListReport | undefined {
  const index = of.fatal?.index;
  if (index === undefined) return undefined;
  const before = of.log.slice(Math.max(0, index - BEFORE), index).flatMap((r) => r.text.split('\n'));
  return listReport([...before, ...of.fatalLines]);
}

/** The first such line of a report. */
export function listReport(lines: readonly string[]): ListReport | undefined {
  for (const line of lines) {
    const found = parseLine(line);
    if (found) return found;
  }
  return undefined;
}

function parseLine(line: string): ListReport | undefined {
  const double = DOUBLE.exec(line);
  if (double) return { line, kind: 'double-add', entry: hex(double[1]) };
  const removed = REMOVED.exec(line);
  if (removed) return { line, kind: 'removed', entry: hex(removed[1]), ...(removed[2] && { found: hex(removed[2]) }) };
  const broken = BROKEN.exec(line);
  if (!broken) return undefined;
  const expected = hex(broken[1]);
  const entry = broken[3] === undefined ? expected : hex(broken[3]);
  return { line, kind: 'broken', entry, expected, found: hex(broken[2]) };
}

function hex(digits: string | undefined): bigint {
  return BigInt(`0x${digits ?? '0'}`);
}
