/** A line of a stack, as printed. */
export interface PrintedFrame {
  readonly function: string;
  readonly offset?: number;
  readonly size?: number;
  readonly module?: string;
  readonly buildId?: string;
  readonly address?: string;
  readonly guess?: true;
  readonly file?: string;
  readonly line?: number;
  readonly inlined?: true;
  /** ARM's traces name the caller on the same line: the frame of the last line's caller. */
  readonly caller?: PrintedFrame;
}

/** A name in C or Rust, mangled or readable. */
const NAME = '[A-Za-z_$.<][\\w$.<>:&*,]{0,400}';

/**
 * `[<ffffffff82d383a9>] ? dump_stack+0x12e/0x185 [mod 0123abcd] (P) lib/dump_stack.c:113`. Kernels up to 4.12 or so print
 * the address; the module's build-id is printed since 5.14 (CONFIG_STACKTRACE_BUILD_ID), arm64's `(P)` for how a frame was
 * found since 6.14; s390 puts a frame that it guesses in parentheses, PowerPC prints the stack pointer before it.
 */
const FRAME = new RegExp(
  `^\\s*(?:#\\d+:? +)?(?:(\\()?\\[<?([0-9a-f]{6,16})>?\\]\\)?:? +(?:\\[<?([0-9a-f]{6,16})>?\\] +)?)?(\\? )?` +
    `(${NAME})\\+0x([0-9a-f]{1,8})/0x([0-9a-f]{1,8})` +
    `(?: \\[([\\w.-]+)(?:\\([A-Z+-]*\\))?(?: ([0-9a-f]{8,40}))?\\])?(?: \\(([A-Za-z]{1,12})\\))?` +
    `(?: +(\\S{1,200}?):(\\d{1,6}))?(?: +\\[[\\w.-]+(?: [0-9a-f]{8,40})?\\])?\\)?\\s*$`,
);
/** `(dump_stack) from [<c010c4c8>] (show_stack+0x10/0x14)`: 32-bit ARM; since 5.17 without addresses and parentheses. */
/** Where the exception came from: `--- interrupt: 700 at foo+0x2c/0x70` (PowerPC, older `--- Exception: 501 at ...`). */
const INTERRUPT = new RegExp(
  `^--- (?:interrupt|Exception): [0-9a-f]+ at (${NAME})\\+0x([0-9a-f]{1,8})/0x([0-9a-f]{1,8})`,
);
const FROM = new RegExp(
  `^\\s*(?:\\[<([0-9a-f]{8})>\\] )?\\(?(${NAME})(?:\\+0x([0-9a-f]{1,8})/0x([0-9a-f]{1,8}))?(?: \\[[\\w.-]+\\])?\\)? from (?:\\[<([0-9a-f]{8})>\\] )?\\(?(${NAME})(?:\\+0x([0-9a-f]{1,8})/0x([0-9a-f]{1,8}))?`,
);
/** A symbolized inlined call (` foo include/linux/foo.h:12 [inline]`) or a frame without an offset. */
const PLACED = new RegExp(`^\\s*(${NAME}) (\\S{1,200}):(\\d{1,6})( +\\[inline\\])?\\s*$`);
const SOURCE = /\.(?:c|h|S|s|rs|cc)$/;

/** Parses one line of a stack; undefined for anything else. */
export function parseFrame(text: string): PrintedFrame | undefined {
  const plus = text.indexOf('+0x');
  if (plus < 0) return text.includes(' from ') ? armFrame(text) : placedFrame(text);
  const m = FRAME.exec(text);
  const entered = m ? null : INTERRUPT.exec(text);
  if (entered) {
    return {
      function: entered[1] as string,
      offset: Number.parseInt(entered[2] as string, 16),
      size: Number.parseInt(entered[3] as string, 16),
    };
  }
  if (!m) return text.includes(' from ') ? armFrame(text) : undefined;
  const address = m[3] ?? m[2];
  const isGuess = m[4] !== undefined || m[10] === 'unreliable' || (m[1] !== undefined && /\)\s*$/.test(text));
  return {
    function: m[5] as string,
    offset: Number.parseInt(m[6] as string, 16),
    size: Number.parseInt(m[7] as string, 16),
    ...(m[8] !== undefined && { module: m[8] }),
    ...(m[9] !== undefined && { buildId: m[9] }),
    ...(address !== undefined && { address }),
    ...(isGuess && { guess: true as const }),
    ...(m[11] !== undefined && SOURCE.test(m[11]) && { file: m[11], line: Number(m[12]) }),
  };
}

function armFrame(text: string): PrintedFrame | undefined {
  const m = FROM.exec(text);
  if (!m) return undefined;
  return {
    function: m[2] as string,
    ...(m[3] !== undefined && { offset: Number.parseInt(m[3], 16), size: Number.parseInt(m[4] as string, 16) }),
    ...(m[1] !== undefined && { address: m[1] }),
    caller: {
      function: m[6] as string,
      ...(m[7] !== undefined && { offset: Number.parseInt(m[7], 16), size: Number.parseInt(m[8] as string, 16) }),
      ...(m[5] !== undefined && { address: m[5] }),
    },
  };
}

function placedFrame(text: string): PrintedFrame | undefined {
  const m = PLACED.exec(text);
  if (!m || !SOURCE.test(m[2] as string)) return undefined;
  return {
    function: m[1] as string,
    file: m[2] as string,
    line: Number(m[3]),
    ...(m[4] !== undefined && { inlined: true as const }),
  };
}

/**
 * The line with which a CPU's registers name the function it was in: `RIP: 0010:f+0x1/0x2`, `RIP: 0010:[<..>]  [<..>] f+..`,
 * `EIP is at f+..` and `EIP: f+..` (i386), `IP: f+..` (x86 up to 4.13), `pc : f+..` (arm64), `PC is at f+..` (arm),
 * `epc : f+..` (riscv, mips), `NIP [c000..] f+..` (PowerPC), `Krnl PSW : .. (f+..)` (s390), `pc .. f+..` and `ERA: .. f+..`
 * (LoongArch), `IAOQ[0]: f+..` (PA-RISC), `TPC: <f+..>` (SPARC).
 */
const PLACE_OF_CPU = new RegExp(
  `^\\s*(?:RIP|EIP|IP|EIP is at|PC is at|pc|epc|NIP|Krnl PSW|ERA|era|IAOQ\\[0\\]|TPC|PC)\\b[^A-Za-z_<(]?[^+\\n]{0,80}?` +
    `(?:[ (:<]|^)(${NAME})\\+0x([0-9a-f]{1,8})/0x([0-9a-f]{1,8})(?: \\[([\\w.-]+)[^\\]]*\\])?\\)?(?: +(\\S{1,200}?):(\\d{1,6}))?`,
);
const PLACE_INLINED = new RegExp(`^\\s*RIP: 0010:(${NAME}) (\\S{1,200}):(\\d{1,6}) +\\[inline\\]\\s*$`);
const BEGINS_PLACE = /^\s*(?:RIP|EIP|IP|PC is at|pc|epc|NIP|Krnl PSW|ERA|era|IAOQ|TPC|PC|EIP is at)\b/;

/** The function in a register line that names the interrupted place; undefined for user addresses and other lines. */
export function parseCpuPlace(text: string): PrintedFrame | undefined {
  if (!BEGINS_PLACE.test(text)) return undefined;
  const inlined = text.endsWith(']') ? PLACE_INLINED.exec(text) : null;
  if (inlined) {
    return { function: inlined[1] as string, file: inlined[2] as string, line: Number(inlined[3]), inlined: true };
  }
  const m = PLACE_OF_CPU.exec(text);
  if (!m) return undefined;
  return {
    function: m[1] as string,
    offset: Number.parseInt(m[2] as string, 16),
    size: Number.parseInt(m[3] as string, 16),
    ...(m[4] !== undefined && { module: m[4] }),
    ...(m[5] !== undefined && SOURCE.test(m[5]) && { file: m[5], line: Number(m[6]) }),
  };
}
