import type { Accepted } from '../accepted.ts';

/** Of a symbol, as nm writes it. */
const LETTER = /\([A-Za-z?]\)/g;

function letter(line: string): string {
  return /\(([A-Za-z?])\)/.exec(line)?.[1] ?? '';
}

export const accepted: readonly Accepted[] = [
  {
    command: /^sym (?!-)/,
    line: / \S+: \d+$/,
    apart: / \S+\/build_arm64\S+: \d+$/g,
    why:
      'On arm64 a function begins behind the room for tracing that its symbol points to, and there is its line; crash takes ' +
      'the line of what lies before that.',
  },
  {
    command: /^sym\b/,
    apart: /\\x[0-9a-f]{2}|\p{Cc}/gu,
    why: 'Characters of a name that cannot be printed are written in hexadecimal.',
  },
  {
    command: /^sym \w+$/,
    line: /^(?:symbol not found: \w+|possible alternatives:|\(none found\))$/,
    why: 'A symbol that is not there is an error; where names contain the text, they are listed as crash lists them.',
  },
  {
    command: /^sym \w+\+\w+$/,
    why: 'symbol+offset is understood; crash looks for a symbol of that name.',
  },
  {
    command: /^sym\b/,
    apart: /\.(?:isra|part|constprop|cold)\b(?:\.\d+)?/g,
    why: 'Symbols are those of the kernel itself (/proc/kallsyms), with what the compiler added to a name (.isra.0, .part.0).',
  },
  {
    command: /^sym\b/,
    apart: LETTER,
    alike: (crash, ours) => letter(crash) === '?' || letter(crash).toLowerCase() === letter(ours),
    why: 'The letters of module symbols are those of /proc/kallsyms, where none is global; crash has `?` for data.',
  },
  {
    command: /^sym\b/,
    apart: LETTER,
    alike: (_, ours) => letter(ours) === 'A',
    why: 'A per-CPU variable has an absolute address, and the letter A in /proc/kallsyms.',
  },
  {
    command: /^sym\b/,
    apart: / \S+: \d+$/g,
    alike: (crash) => !/: \d+$/.test(crash),
    why: 'Files and lines are shown wherever debug information tells them, in front of a function too.',
  },
  {
    command: /^sym -[lqmM]/,
    line: / \([\w?]\) (?:__crc_|__kstrtab_|__kstrtabns_|__ksymtab_|\.L[CA-Z]*\d+|__initcall_stub__|kallsyms_|\.\w+|__k(?:crc|sym)tab)/,
    why: "vmlinux has labels and data of the build that the kernel's own table leaves out.",
  },
  {
    command: /^sym -[lq]/,
    line: / \(\w\) (?:__param|__mod|__modver|__ex_table|__bug_table|__start___bug_table|_note_\d+|orc_header|runtime_(?:shift|ptr)_\w+|init_per_cpu__\w+)$/,
    why: "vmlinux has the names of sections and of what the linker computes; the kernel's own table does not.",
  },
  {
    command: /^sym -[lq]/,
    line: / \(\w\) (?:_etext|_sdata|init_stack|init_thread_union|in_suspend|__init_end|__init_rodata|__indirect_thunk_end|__call_sites_end|empty_zero_page|dummy_mapping|__retpoline_sites_end)$/,
    why: "At the borders of sections the linker's names for one address are more than the kernel's own table keeps.",
  },
  {
    command: /^sym -[lq]/,
    ours: / \(\w\) (?:__k(?:symtab|strtab|strtabns)_\w+|__pfx_sev_es_terminate)$/,
    why: 'crash drops some names at addresses that have many.',
  },
  {
    command: /^sym -[lq]/,
    line: / \([aA]\) (?:_GLOBAL_OFFSET_TABLE_|__kvm_nvhe___\w+|__efistub__\w+)$/,
    why: "vmlinux has symbols that are absolute and computed by the linker; the kernel's own table does not.",
  },
  {
    command: /^sym -[lM]/,
    ours: /^[0-9a-f]{16} \([rdb]\) \S+$/,
    most: 64,
    why: 'A module that was still starting has symbols of its data, too, where the kernel keeps only those of code of others; crash leaves them out.',
  },
  {
    command: /^sym -[lM]/,
    ours: /^[0-9a-f]{16} \(\w\) (?:\w*_?init(?:_module)?|__pfx_\w*init(?:_module)?|__UNIQUE_ID\S+)$/,
    why: 'The symbols of the init part of a module that was still starting are there.',
  },
  {
    command: /^sym -[lqmM]/,
    apart: /\([A-Za-z?]\)/g,
    moved: true,
    why: 'Of several symbols at one address crash lists those of vmlinux in its order, the kernel in its own.',
  },
  {
    command: /^sym -p /,
    line: / (?:__init_scratch_end|_end)$/,
    why: "The last symbol of the kernel is no neighbour of a module's first one.",
  },
];
