/** A place in the kernel's code as its messages write it: `function+0x12/0x34 [module build-id]`. */
export interface CodePlace {
  readonly function: string;
  readonly offset: number;
  /** Size of the function as the kernel knows it; absent in `function+0x12`. */
  readonly size?: number;
  readonly module?: string;
  /** Of the module, hexadecimal; kernels with CONFIG_STACKTRACE_BUILD_ID print it. */
  readonly buildId?: string;
}

/**
 * Source: `sprint_symbol` and `sprint_symbol_build_id` of kernel/kallsyms.c; taint letters in the brackets since v6.9.
 * Groups: function, offset, size, module, build-id.
 */
const PLACE =
  /([A-Za-z_.$][\w.$]*)\+0x([0-9a-f]{1,8})(?:\/0x([0-9a-f]{1,8}))?(?: \[([\w-]{1,56})(?:\([A-Z]+\))?(?: ([0-9a-f]{16,64}))?\])?/g;

/** A place and where its text ends in the line. */
export interface PlaceInText {
  readonly place: CodePlace;
  readonly start: number;
  readonly end: number;
}

/** Every place that a line of text names; those without a size only where the line ends with them. */
export function codePlaces(line: string): PlaceInText[] {
  if (!line.includes('+0x')) return [];
  const found: PlaceInText[] = [];
  PLACE.lastIndex = 0;
  for (let m = PLACE.exec(line); m; m = PLACE.exec(line)) {
    // Only what has a size is the kernel's own; `foo+0x12` may be anything.
    if (m[3] !== undefined) found.push({ place: placeOf(m), start: m.index, end: m.index + m[0].length });
  }
  return found;
}

/** A place as a user writes it, the size and the module optional; undefined when it is none. */
export function parseCodePlace(text: string): CodePlace | undefined {
  const m = new RegExp(`^(?:${PLACE.source})$`).exec(text.trim());
  if (m) return placeOf(m);
  return /^[A-Za-z_.$][\w.$]*$/.test(text) ? { function: text, offset: 0 } : undefined;
}

function placeOf(m: RegExpExecArray): CodePlace {
  return {
    function: m[1] as string,
    offset: Number.parseInt(m[2] as string, 16),
    ...(m[3] !== undefined && { size: Number.parseInt(m[3], 16) }),
    ...(m[4] !== undefined && { module: m[4] }),
    ...(m[5] !== undefined && { buildId: m[5] }),
  };
}
