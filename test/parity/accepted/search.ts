import type { Accepted } from '../accepted.ts';

/** Whether the text of a line goes to the end of a page; blanks at its end are not in the line. */
function endsPage(line: string): boolean {
  const [, at = '', text = ''] = /^([0-9a-f]+): (.*)$/.exec(line) ?? [];
  const left = 4096 - (Number.parseInt(at.slice(-4), 16) % 4096);
  return text.length <= left && left < 56;
}

export const accepted: readonly Accepted[] = [
  {
    command: /^search (?:-h -k|-c) /,
    line: /^ffff[8-f][0-9a-f]{11}: (?:[0-9a-f]{4}|.{8,56})$/,
    most: 64,
    why: "crash also searches the kernel's init code on arm64, which is freed and mapped no more",
    truth: 'vtop ffffc37f446c7a58: its PMD is 0 (arm64-6.1-null)',
  },
  {
    command: /^search .*-c /,
    apart: /(?<=^[0-9a-f]+: ).*$/g,
    alike: (crash, ours) => ours.startsWith(crash) && endsPage(crash),
    why: 'a text is shown with all of the 56 characters that stand there; crash stops at the end of the page',
  },
  {
    command: /^search (?!-[ptTuV])/,
    line: /^ffffffff[89ab][0-9a-f]{7}: /,
    why: "crash also searches the addresses before the kernel's image, as if all memory below it were mapped there; the kernel maps nothing at them",
  },
  {
    command: /^search (?!-[ptTuV])/,
    ours: /^ffff[0-7][0-9a-f]{11}: /,
    why: 'crash leaves out the direct map on arm64, where it lies below the areas of vmalloc',
  },
];
