/**
 * Reads what a lab guest wrote on its serial console: the kernel's log lines, and between them the sections of /proc
 * that the guest printed just before it crashed (`== name`, up to the next such line; the last is `== end`).
 */
export interface ConsoleText {
  /** Lines of each section, in order; a section name may hold arguments, such as `stack 42 kworker/0:1`. */
  readonly sections: ReadonlyMap<string, readonly string[]>;
  /** Every line that the kernel itself logged, in order. */
  readonly kernel: readonly KernelLine[];
}

export interface KernelLine {
  /** As printed, for example `12.345678`. */
  readonly stamp: string;
  readonly text: string;
}

/** A CPU in panic took the console from another in the middle of a message (kernel/printk/printk.c), and prints it again. */
const REPLAYING = '** replaying previous printk message **';

/** The kernel may write in the middle of a line of the guest; the rest of that line then follows on its own. */
const STAMPED = /^(.*?)\[\s*(\d+\.\d{6})\](?:\[\s*[TC]\d+\])? ?(.*)$/;

export function parseConsole(text: string): ConsoleText {
  const sections = new Map<string, string[]>();
  const kernel: KernelLine[] = [];
  let current: string[] | undefined;
  let torn = '';
  for (const line of text.split('\n')) {
    const plain = line.replace(/\r/g, '');
    const stamped = STAMPED.exec(plain);
    if (stamped && (stamped[1] === '' || !stamped[1]?.includes(';'))) {
      // the capture kernel of a kexec dump writes on the same console
      if (/^Linux version /.test(stamped[3] as string) && kernel.some((l) => /^Linux version /.test(l.text))) break;
      kernel.push({ stamp: stamped[2] as string, text: stamped[3] as string });
      torn += stamped[1];
      continue;
    }
    if (plain === REPLAYING) {
      kernel.pop(); // as far as it came; it follows whole
      continue;
    }
    const clean = torn + plain;
    torn = '';
    if (clean.startsWith('== ')) {
      const name = clean.slice(3);
      current = name === 'end' ? undefined : [];
      if (current && !sections.has(name)) sections.set(name, current);
    } else if (clean.startsWith('LAB: ')) current = undefined;
    else current?.push(clean);
  }
  return { sections, kernel };
}

/** Lines of a section without the empty ones; empty when the guest did not print it. */
export function section(console: ConsoleText, name: string): readonly string[] {
  return (console.sections.get(name) ?? []).filter((line) => line !== '');
}
