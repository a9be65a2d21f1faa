import type { ReportFormat } from '../report-format.ts';

const ACCESS = /^(?<access>Read|Write) (?:of size \d+|at addr)/;
/** Memory tags are checked by the hardware: the fault handler reports. */
const TAGS = /kernel_fault|tag_check|mem_abort|^el1h?_/;
const common = { kind: 'kasan', severity: 'fatal', culprit: 'trace', skip: TAGS } as const;
const BAD = ['bad-access in {frame}'];

/**
 * mm/kasan/report.c: `BUG: KASAN: <bug> in <function>` and the line of the access, `Read of size 8 at addr ... by task ...`.
 * Kernels up to 4.10 put the address into the first line and the task into the second.
 */
export const kasanFormats: readonly ReportFormat[] = [
  {
    ...common,
    start: /^BUG: KASAN: (?:[a-z-]+ or )?(?:double-free|invalid-free)\b(?: or [a-z-]+)? in (?<fn>[^\s+]+)/,
    title: 'KASAN: invalid-free in {frame}',
    alt: ['invalid-free in {frame}'],
    type: 'KASAN-INVALID-FREE',
    skip: /slab_|kfree|vunmap|vfree/,
  },
  {
    ...common,
    start: /^BUG: KASAN: (?<bug>(?:slab-)?use-after-free) in (?<fn>[^\s+]+)/,
    next: /^(?<access>Read) of size/,
    title: 'KASAN: {bug} Read in {frame}',
    alt: BAD,
    type: 'KASAN-USE-AFTER-FREE-READ',
  },
  {
    ...common,
    start: /^BUG: KASAN: (?<bug>(?:slab-)?use-after-free) in (?<fn>[^\s+]+)/,
    next: /^(?<access>Write) of size/,
    title: 'KASAN: {bug} Write in {frame}',
    alt: BAD,
    type: 'KASAN-USE-AFTER-FREE-WRITE',
  },
  {
    ...common,
    start: /^BUG: KASAN: (?<bug>null-ptr-deref) in (?<fn>[^\s+]+)/,
    next: /^(?<access>Read) of size/,
    title: 'KASAN: {bug} Read in {frame}',
    alt: BAD,
    type: 'KASAN-NULL-POINTER-DEREFERENCE-READ',
  },
  {
    ...common,
    start: /^BUG: KASAN: (?<bug>null-ptr-deref) in (?<fn>[^\s+]+)/,
    next: /^(?<access>Write) of size/,
    title: 'KASAN: {bug} Write in {frame}',
    alt: BAD,
    type: 'KASAN-NULL-POINTER-DEREFERENCE-WRITE',
  },
  {
    ...common,
    start: /^BUG: KASAN: (?<bug>[a-z-]+) in (?<fn>[^\s+]+)/,
    next: /^(?<access>Read) (?:of size|at addr)/,
    title: 'KASAN: {bug} Read in {frame}',
    alt: BAD,
    type: 'KASAN-READ',
  },
  {
    ...common,
    start: /^BUG: KASAN: (?<bug>[a-z-]+) in (?<fn>[^\s+]+)/,
    next: /^(?<access>Write) (?:of size|at addr)/,
    title: 'KASAN: {bug} Write in {frame}',
    alt: BAD,
    type: 'KASAN-WRITE',
  },
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
    start: /^BUG: KASAN: (?<bug>[^\n]*)/,
    title: 'KASAN: {bug}',
    type: 'KASAN-READ',
    culprit: 'none',
    corrupted: 'the line that tells the access is missing',
  },
];
