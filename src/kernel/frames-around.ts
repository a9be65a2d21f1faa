import type { Pfn } from '../base/units.ts';
import type { FrameRange } from './page.ts';

/**
 * Ranges of page frames in two parts, for searches that may end early or have a bound: what is at most `distance` frames from
 * `centre`, and all else, the nearest range first.
 */
export function framesAround(
  ranges: readonly FrameRange[],
  centre: Pfn,
  distance: number,
): { readonly near: FrameRange[]; readonly far: FrameRange[] } {
  const [from, to] = [centre - distance, centre + distance];
  const near: FrameRange[] = [];
  const far: FrameRange[] = [];
  const put = (list: FrameRange[], first: Pfn, last: Pfn): void => {
    if (first < last) list.push({ first, last });
  };
  for (const { first, last } of ranges) {
    put(far, first, Math.min(last, from));
    put(near, Math.max(first, from), Math.min(last, to));
    put(far, Math.max(first, to), last);
  }
  const away = ({ first, last }: FrameRange): number => Math.max(first - centre, centre - last);
  return { near, far: far.sort((a, b) => away(a) - away(b)) };
}
