import type { ReportFormat } from '../report-format.ts';

const ACCESS = /^(?<access>Read|Write) (?:of size \d+|at addr)/;
/** Memory tags are checked by the hardware: the fault handler reports. */
const TAGS = /kernel_fault|tag_check|mem_abort|^el1h?_/;
const common = { kind: 'kasan', severity: 'fatal', culprit: 'trace', skip: TAGS } as const;
const BAD = ['bad-access in {frame}'];

/** Where memory lies that is no longer, or not, the accessor's: reads and writes of it are classes of their own. */
const OUTSIDE = '(?:global-|slab-|stack-|vmalloc-)?out-of-bounds|user-memory-access|wild-memory-access';

/** An access of one kind: `type` is its class. */
function access(bugs: string, word: 'Read' | 'Write', type: string): ReportFormat {
  return {
    ...common,
    start: new RegExp(`^BUG: KASAN: (?<bug>${bugs}) in (?<fn>[^\\s+]+)`),
    next: word === 'Read' ? READ : WRITE,
    title: `KASAN: {bug} ${word} in {frame}`,
    alt: BAD,
    type,
  };
}
const READ = /^Read (?:of size|at addr) [0-9a-f]/;
const WRITE = /^Write (?:of size|at addr) [0-9a-f]/;

/**
 * mm/kasan/report.c: `BUG: KASAN: <bug> in <function>` and the line of the access, `Read of size 8 at addr ... by task ...`.
 * Kernels up to 4.10 put the address into the first line and the task into the second.
 */
export const kasanFormats = (): readonly ReportFormat[] => [
  {
    ...common,
    start: /^BUG: KASAN: (?:[a-z-]+ or )?(?:double-free|invalid-free)\b(?: or [a-z-]+)? in (?<fn>[^\s+]+)/,
    title: 'KASAN: invalid-free in {frame}',
    alt: ['invalid-free in {frame}'],
    type: 'KASAN-INVALID-FREE',
    skip: /slab_|kfree|vunmap|vfree/,
  },
  access('(?:slab-)?use-after-free', 'Read', 'KASAN-USE-AFTER-FREE-READ'),
  access('(?:slab-)?use-after-free', 'Write', 'KASAN-USE-AFTER-FREE-WRITE'),
  access('null-ptr-deref', 'Read', 'KASAN-NULL-POINTER-DEREFERENCE-READ'),
  access('null-ptr-deref', 'Write', 'KASAN-NULL-POINTER-DEREFERENCE-WRITE'),
  access(`${OUTSIDE}|invalid-access|unknown-crash`, 'Read', 'KASAN-READ'),
  access(OUTSIDE, 'Write', 'KASAN-WRITE'),
  access('[a-z-]+', 'Read', 'KASAN-UNKNOWN'),
  access('[a-z-]+', 'Write', 'KASAN-UNKNOWN'),
  {
    ...common,
    start: /^BUG: KASAN: (?<bug>null-ptr-deref) on address/,
    next: ACCESS,
    title: 'KASAN: {bug} {access}',
    type: 'KASAN-NULL-POINTER-DEREFERENCE-{ACCESS}',
    culprit: 'none',
  },
  {
    ...common,
    start: /^BUG: KASAN: (?<bug>[a-z-]+) on address/,
    next: ACCESS,
    title: 'KASAN: {bug} {access}',
    type: 'KASAN-{ACCESS}',
    culprit: 'none',
  },
  {
    ...common,
    start: /^BUG: KASAN: (?<bug>use-after-free\b[^\n]*)/,
    title: 'KASAN: {bug}',
    type: 'KASAN-USE-AFTER-FREE-READ',
    culprit: 'none',
    corrupted: 'the line that tells the access is missing',
  },
  {
    ...common,
    start: /^BUG: KASAN: (?<bug>(?:slab-out|stack-out|wild-memory)[^\n]*)/,
    title: 'KASAN: {bug}',
    type: 'KASAN-READ',
    culprit: 'none',
    corrupted: 'the line that tells the access is missing',
  },
  {
    ...common,
    start: /^BUG: KASAN: (?<bug>[^\n]*)/,
    title: 'KASAN: {bug}',
    type: 'KASAN-UNKNOWN',
    culprit: 'none',
    corrupted: 'the line that tells the access is missing',
  },
];
