import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import { swapAreas } from '../kernel/swap.ts';
import type { Program } from '../program/program.ts';
import { formatSize } from '../report/format-size.ts';
import { isDiskOrPart } from './partition-of.ts';

/** That a disk which does not answer has swap space on it, in a sentence of its own; empty where it has none. */
export function swapOnDisk(prog: Program, ...names: readonly (string | undefined)[]): Phrase {
  const paths = names.flatMap((name) => (name === undefined ? [] : [`/dev/${name}`, `/dev/mapper/${name}`]));
  const area = (attempt(() => swapAreas(prog).areas) ?? []).find(
    ({ path }) => path !== undefined && paths.some((p) => isDiskOrPart(path, p)),
  );
  if (!area) return { en: '', zh: '' };
  const used = formatSize(area.usedPages * prog.pageSize);
  return {
    en: ` Swap space is on it (${area.path}, ${used} in use): what is swapped out cannot come back, and nothing more can be swapped out.`,
    zh: `其上有交换空间（${area.path}，已用 ${used}）：已换出的内存无法换回，也无法再换出。`,
  };
}
