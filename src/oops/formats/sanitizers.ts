import type { ReportFormat } from '../report-format.ts';

const fatal = { severity: 'fatal', culprit: 'trace' } as const;
const BAD = ['bad-access in {frame}'];

/** mm/kmsan/report.c. */
export const kmsanFormats: readonly ReportFormat[] = [
  {
    ...fatal,
    start: /^BUG: KMSAN: (?<bug>kernel-(?:usb-)?infoleak(?:-after-free)?) in (?<fn>[^\s+]+)/,
    kind: 'kmsan',
    title: 'KMSAN: {bug} in {frame}',
    alt: BAD,
    type: 'KMSAN-INFO-LEAK',
    skip: /^(?:_?_?copy_|copyout|instrument_|iterate_|_copy_to_iter|copy_page_to_iter|simple_copy_to_iter|__get_user|kmsan_)/,
  },
  {
    ...fatal,
    start: /^BUG: KMSAN: (?<bug>use-after-free) in (?<fn>[^\s+]+)/,
    kind: 'kmsan',
    title: 'KMSAN: {bug} in {frame}',
    alt: BAD,
    type: 'KMSAN-USE-AFTER-FREE-READ',
  },
  {
    ...fatal,
    start: /^BUG: KMSAN: (?<bug>[a-z-]+) in (?<fn>[^\s+]+)/,
    kind: 'kmsan',
    title: 'KMSAN: {bug} in {frame}',
    alt: BAD,
    type: 'KMSAN-UNINIT-VALUE',
  },
  {
    ...fatal,
    start: /^BUG: KMSAN: (?<bug>.*)/,
    kind: 'kmsan',
    title: 'KMSAN: {bug}',
    type: 'KMSAN-UNINIT-VALUE',
    culprit: 'none',
    corrupted: 'the first line is cut',
  },
];

/** kernel/kcsan/report.c. The two functions of a race come in no order, so they are sorted. */
export const kcsanFormats: readonly ReportFormat[] = [
  {
    severity: 'warning',
    culprit: 'named',
    start: /^BUG: KCSAN: assert: race in (?<fn>[^\s+]+)(?: \/ (?<fn2>[^\s+]+))?/,
    kind: 'kcsan',
    title: 'KCSAN: assert: race in {frame}',
    type: 'KCSAN-ASSERT',
  },
  {
    severity: 'warning',
    culprit: 'named',
    start: /^BUG: KCSAN: data-race in (?<fn>[^\s+]+)(?: \/ (?<fn2>[^\s+]+))?/,
    kind: 'kcsan',
    title: 'KCSAN: data-race in {frame}',
    type: 'KCSAN-DATARACE',
  },
  {
    severity: 'warning',
    culprit: 'none',
    start: /^BUG: KCSAN: (?<bug>.*)/,
    kind: 'kcsan',
    title: 'KCSAN: {bug}',
    type: 'KCSAN-DATARACE',
    corrupted: 'the first line is cut',
  },
];

const kfence = { ...fatal, kind: 'kfence' } as const;

/** mm/kfence/report.c. */
export const kfenceFormats: readonly ReportFormat[] = [
  {
    ...kfence,
    start: /^BUG: KFENCE: (?<bug>use-after-free) read in (?<fn>[^\s+]+)/,
    title: 'KFENCE: use-after-free read in {frame}',
    alt: BAD,
    type: 'KFENCE-USE-AFTER-FREE-READ',
  },
  {
    ...kfence,
    start: /^BUG: KFENCE: (?<bug>use-after-free) write in (?<fn>[^\s+]+)/,
    title: 'KFENCE: use-after-free write in {frame}',
    alt: BAD,
    type: 'KFENCE-USE-AFTER-FREE-WRITE',
  },
  {
    ...kfence,
    start: /^BUG: KFENCE: (?<bug>out-of-bounds|invalid) read in (?<fn>[^\s+]+)/,
    title: 'KFENCE: {bug} read in {frame}',
    alt: BAD,
    type: 'KFENCE-READ',
  },
  {
    ...kfence,
    start: /^BUG: KFENCE: (?<bug>out-of-bounds|invalid) write in (?<fn>[^\s+]+)/,
    title: 'KFENCE: {bug} write in {frame}',
    alt: BAD,
    type: 'KFENCE-WRITE',
  },
  {
    ...kfence,
    start: /^BUG: KFENCE: memory corruption in (?<fn>[^\s+]+)/,
    title: 'KFENCE: memory corruption in {frame}',
    type: 'KFENCE-MEMORY-CORRUPTION',
  },
  {
    ...kfence,
    start: /^BUG: KFENCE: invalid free in (?<fn>[^\s+]+)/,
    title: 'KFENCE: invalid free in {frame}',
    alt: ['invalid-free in {frame}'],
    type: 'KFENCE-INVALID-FREE',
  },
  {
    ...kfence,
    start: /^BUG: KFENCE: (?<bug>.*)/,
    title: 'KFENCE: {bug}',
    type: 'KFENCE-MEMORY-CORRUPTION',
    culprit: 'none',
    corrupted: 'the first line is cut',
  },
];

const ubsan = { severity: 'warning', culprit: 'trace', kind: 'ubsan' } as const;

/** lib/ubsan.c; `UBSAN: Undefined behaviour in file:line` up to 5.6, the kind of error since. */
export const ubsanFormats: readonly ReportFormat[] = [
  {
    ...ubsan,
    start: /^UBSAN: array-index-out-of-bounds in /,
    title: 'UBSAN: array-index-out-of-bounds in {frame}',
    alt: BAD,
    type: 'MEMORY_SAFETY_UBSAN',
  },
  {
    ...ubsan,
    start: /^UBSAN: Undefined behaviour in /,
    title: 'UBSAN: undefined-behaviour in {frame}',
    type: 'UBSAN',
  },
  { ...ubsan, start: /^UBSAN: (?<bug>[a-z-]+) in /, title: 'UBSAN: {bug} in {frame}', type: 'UBSAN' },
  {
    ...ubsan,
    start: /^UBSAN: (?<bug>.*)/,
    title: 'UBSAN: {bug}',
    type: 'UBSAN',
    culprit: 'none',
    corrupted: 'the first line is cut',
  },
];
