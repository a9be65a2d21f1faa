/** What `set` changes and commands ask for; crash's variables. */
export interface Settings {
  /** Base of numbers where no option says otherwise. */
  radix: 10 | 16;
  /** Elements of an array that are shown. */
  printMax: number;
  /** One line for each element of an array. */
  printArray: boolean;
  /** A character array ends at its first NUL. */
  nullStop: boolean;
  /** CPUs that are offline are shown too. */
  offline: 'show' | 'hide';
  /** Address of an object under slub_debug includes the red zone on its left. */
  redzone: boolean;
  /** Pages that a filter left out of the dump read as zeros. */
  zeroExcluded: boolean;
  /** Output longer than the terminal goes through a pager. */
  scroll: boolean;
  /** Program for it. */
  pager: 'less' | 'more' | 'CRASHPAGER';
  /** Lines of an input file are not shown before their answers. */
  silent: boolean;
  /** Every line is for `gdb`. */
  gdb: boolean;
  /** Kept so that start-up files of crash are understood; they change nothing here. */
  readonly inert: Map<string, string>;
}

export function defaultSettings(): Settings {
  return {
    radix: 10,
    printMax: 256,
    printArray: false,
    nullStop: false,
    offline: 'show',
    redzone: true,
    zeroExcluded: false,
    scroll: true,
    pager: 'less',
    silent: false,
    gdb: false,
    inert: new Map([
      ['refresh', 'on'],
      ['console', '(not assigned)'],
      ['debug', '0'],
      ['core', 'off'],
      ['hash', 'on'],
      ['edit', 'vi'],
      ['unwind', 'off'],
      ['scope', '0 (not set)'],
      ['error', 'default'],
    ]),
  };
}
