import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^dis\b/,
    apart: /\.(?:isra|constprop|part|cold)\b(?:\.\d+)?(?=[+>])|\s+\[file: .*\]$/g,
    why:
      'Instructions that were rewritten at run time are marked with what the file has; crash does not compare them. A function ' +
      'has the name that the kernel has for it, with .isra or .cold; crash takes that of the source.',
  },
  {
    command: /^dis\b/,
    line: /\t(?:b\.\w+|b|bl|cbn?z|tbn?z|adrp)\t/,
    apart: /\s+<[\w.]+(?:\+(?:0x)?[0-9a-f]+)?>(?=\s+\/\/|$)/g,
    why:
      'On arm64 a function begins at its symbol, as the kernel says it; for crash it begins behind the two instructions that are ' +
      'left free for tracing, and the names of targets inside of it are 8 bytes short.',
    truth: 'gadget_home+0x8/0x20 (arm64-6.1-null)',
  },
  {
    command: /^dis\b/,
    apart: /\s+\/\/ 0x[0-9a-f]+(?: <.*>)?$/g,
    why: 'Addresses that ADRP and the next instruction form together are shown with their symbol.',
  },
  {
    command: /^dis\b/,
    ours: /^\(\[file: \.\.\.\]/,
    why: 'What the marks mean stands below.',
  },
  {
    command: /^dis\b/,
    ours: /^0x[0-9a-f]+ <[\w.]+\+(?:0x)?[0-9a-f]+>:\t(?:(?:data16 |cs )*nop[wl]?\b|int3$|xchg +%ax,%ax)/,
    why: 'A function is shown to the next one, with the padding between them.',
  },
  {
    command: /^dis -[a-z]*r/,
    line: /^0x[0-9a-f]+ <[\w.]+\+(?:0x)?[0-9a-f]+>:\t/,
    most: 1,
    why: 'Where the address lies inside of an instruction, crash shows the next one too.',
  },
  {
    command: /^dis -[a-z]*f[a-z]* \w+\+0x40 \d+$/,
    line: /^0x[0-9a-f]+ <\w+\+\d+>:\t/,
    why: 'Where the address lies inside of an instruction, the next one is the first that is shown; crash begins inside of it.',
  },
  {
    command: /^dis -[a-z]*f[a-z]* \w+\+0x40 \d+$/,
    ours: /^0x[0-9a-f]+ <\w+\+\d+>:\t/,
    why: 'Where the address lies inside of an instruction, the next one is the first that is shown; crash begins inside of it.',
  },
  {
    command: /^dis -u /,
    line: /^0x[0-9a-f]+:\s+(?:rex|\.byte|\(bad\))/,
    ours: /^0x[0-9a-f]+:\t/,
    why: 'Bytes that are no code (the head of an ELF file) end differently in the two disassemblers.',
  },
  {
    command: /^dis -u /,
    ours: /^0x[0-9a-f]+:\t/,
    why: 'Bytes that are no code (the head of an ELF file) end differently in the two disassemblers.',
  },
  {
    command: /^dis\b/,
    line: /\(bad\)$/,
    ours: /\(bad\)$/,
    why: 'Bytes that are no instruction are shown as such, without the beginning of one.',
  },
  {
    command: /^dis -[a-z]*l/,
    line: /^\S+: \d+$/,
    why:
      'A line is shown where the line table has a statement begin (is_stmt) and the code of an inlined call with its own ' +
      'file; crash shows lines of rows that begin no statement, and those of the instruction before.',
  },
  {
    command: /^dis -[a-z]*l/,
    ours: /^\S+: \d+$|^\(not complete: debug information of /,
    why:
      'The code of an inlined call is shown with its own file and line, and where a file with debug information is missing, ' +
      'that is said.',
  },
  {
    command: /^dis -[a-z]*s/,
    line: /^(?:FILE|LINE): \(unknown\)$/,
    ours: /^(?:FILE|LINE): \S+$/,
    why: 'File and line are known on arm64, too.',
  },
  {
    command: /^dis -[a-z]*s/,
    ours: /^\(.*(?:--source DIR names a tree|is not in the source tree)\)$|^dis: \w+: source code is not available$/,
    why: 'Where the source is not there, a line says what would help.',
  },
  {
    command: /^dis -[a-z]*s/,
    ours: /^\(not complete: debug information of /,
    why: 'Where a file with debug information is missing, that is said.',
  },
  {
    command: /^dis\b/,
    line: /\tcall +0x[0-9a-f]+ <\w+>$/,
    apart: /<\w+>$/g,
    why: 'Of several symbols at one address the one of a function is taken, and not the end of a section.',
  },
  {
    command: /^dis \w+$/,
    line: /:\t(?:rex\.|j\w+,p[nt] |enter |call +\*-0x6f6f6f70\(|mov +.*,%\?$)/,
    ours: /:\t(?:(?:movabs|add|j\w+|enter|mov) |\(bad\))/,
    why: 'Data that stands between instructions (of BUG and the like) is no code, and reads differently in the two disassemblers.',
  },
  {
    command: /^dis -u /,
    line: /^0x[0-9a-f]+:(?:\s+dis: invalid user virtual address: .*)?$/,
    why: 'An address that is not mapped is an error before the first line.',
  },
];
