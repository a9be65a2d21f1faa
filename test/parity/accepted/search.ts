import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^search .*-c /,
    line: /^[0-9a-f]+: .{1,55}$/,
    ours: /^[0-9a-f]+: .{55,56}$/,
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
