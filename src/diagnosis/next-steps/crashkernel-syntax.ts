/** One range of a `crashkernel=` parameter: memory from `from` up to below `to` bytes reserves `size`. */
export interface CrashkernelRange {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/**
 * The ranges of a `crashkernel=` value (Documentation/admin-guide/kdump/kdump.rst): `size[@offset]`, `size,high`, or
 * `start-[end]:size,...[@offset]`. Parts that make no sense are left out, as the kernel ignores the parameter then.
 */
export function parseCrashkernel(value: string): CrashkernelRange[] {
  const text = value.replace(/@[0-9a-zA-Z]+$/, '').trim();
  if (!text.includes(':')) {
    const size = bytesOf(text.split(',')[0] ?? '');
    return size === undefined ? [] : [{ from: 0, to: Number.POSITIVE_INFINITY, size }];
  }
  return text.split(',').flatMap((part) => {
    const [, start = '', end = '', bytes = ''] = /^(\w+)-(\w*):(\w+)$/.exec(part.trim()) ?? [];
    const from = bytesOf(start);
    const to = end === '' ? Number.POSITIVE_INFINITY : bytesOf(end);
    const size = bytesOf(bytes);
    return from === undefined || to === undefined || size === undefined || to <= from ? [] : [{ from, to, size }];
  });
}

/** What a machine with so much memory reserves; undefined when no range is for it. The kernel rounds its memory up to 128 MiB. */
export function reservedFor(ranges: readonly CrashkernelRange[], memory: number): number | undefined {
  const rounded = Math.ceil(memory / ROUND) * ROUND;
  return ranges.find((r) => rounded >= r.from && rounded < r.to)?.size;
}

const ROUND = 128 * 2 ** 20;

function bytesOf(text: string): number | undefined {
  const [, digits, unit] = /^(0x[0-9a-f]+|\d+)([KMGT]?)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * (UNITS[(unit ?? '').toUpperCase()] ?? 1);
}
