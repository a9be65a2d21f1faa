import type { ReportFormat } from '../report-format.ts';

const fatal = { severity: 'fatal', culprit: 'trace' } as const;
const BAD = ['bad-access in {frame}'];

/** What carries data for others: networks to user space, ciphers. */
const CARRIERS = /alloc_skb|netlink_(?:ack|rcv_skb)|_encrypt$|^(?:crypto|cipher|drbg|rng)_/;
const ORIGIN = /^(?:Local variable .* created at|Uninit was created at):/;
const kmsan = { ...fatal, kind: 'kmsan', skip: CARRIERS, noTrace: true, headless: true, origin: ORIGIN } as const;
const USB = /alloc_skb|usb_(?:submit_urb|start_wait_urb|bulk_msg|interrupt_msg|control_msg)/;

/** mm/kmsan/report.c. The first line names the function of the check, the stack behind it begins with it. */
export const kmsanFormats = (): readonly ReportFormat[] => [
  {
    ...kmsan,
    start: /^BUG: KMSAN: (?<bug>kernel-usb-infoleak) in (?<fn>[^\s+]+)/,
    title: 'KMSAN: {bug} in {frame}',
    type: 'KMSAN-INFO-LEAK',
    skip: USB,
  },
  {
    ...kmsan,
    start: /^BUG: KMSAN: (?<bug>use-after-free|kernel-(?:usb-)?infoleak-after-free) in (?<fn>[^\s+]+)/,
    title: 'KMSAN: {bug} in {frame}',
    alt: BAD,
    type: 'KMSAN-USE-AFTER-FREE-READ',
  },
  {
    ...kmsan,
    start: /^BUG: KMSAN: (?<bug>kernel-infoleak) in (?<fn>[^\s+]+)/,
    title: 'KMSAN: {bug} in {frame}',
    alt: BAD,
    type: 'KMSAN-INFO-LEAK',
  },
  {
    ...kmsan,
    start: /^BUG: KMSAN: (?<bug>[a-z-]+) in (?<fn>[^\s+]+)/,
    title: 'KMSAN: {bug} in {frame}',
    alt: BAD,
    type: 'KMSAN-UNINIT-VALUE',
  },
  {
    ...kmsan,
    start: /^BUG: KMSAN: (?<bug>.*)/,
    title: 'KMSAN: {bug}',
    type: 'KMSAN-UNKNOWN',
    culprit: 'none',
    corrupted: 'the first line is cut',
  },
];

const kcsan = { severity: 'warning', culprit: 'named', kind: 'kcsan', noTrace: true } as const;

/** kernel/kcsan/report.c: the kernel itself puts the two functions of a race into an order. */
export const kcsanFormats = (): readonly ReportFormat[] => [
  {
    ...kcsan,
    start: /^BUG: KCSAN: (?<bug>assert: race in (?<fn>[^\s+]+)(?: \/ (?<fn2>[^\s+]+))?)/,
    title: 'KCSAN: {bug}',
    type: 'KCSAN-ASSERT',
  },
  {
    ...kcsan,
    start: /^BUG: KCSAN: (?<bug>data-race in (?<fn>[^\s+]+)(?: \/ (?<fn2>[^\s+]+))?)/,
    title: 'KCSAN: {bug}',
    type: 'KCSAN-DATARACE',
  },
  {
    ...kcsan,
    start: /^BUG: KCSAN: (?<bug>.*)/,
    title: 'KCSAN: {bug}',
    type: 'KCSAN-UNKNOWN',
    culprit: 'none',
  },
];

const kfence = { ...fatal, kind: 'kfence', headless: true } as const;

/** mm/kfence/report.c. */
export const kfenceFormats = (): readonly ReportFormat[] => [
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
    noTrace: true,
    start: /^BUG: KFENCE: memory corruption in (?<fn>[^\s+]+)/,
    title: 'KFENCE: memory corruption in {frame}',
    type: 'KFENCE-MEMORY-CORRUPTION',
  },
  {
    ...kfence,
    noTrace: true,
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

const ubsan = { severity: 'warning', culprit: 'trace', kind: 'ubsan', skip: /ubsan|overflow/ } as const;

/** lib/ubsan.c; `UBSAN: Undefined behaviour in file:line` up to 5.6, the kind of error since. */
export const ubsanFormats = (): readonly ReportFormat[] => [
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
  { ...ubsan, start: /^UBSAN: (?<bug>[^\n]{1,80}?) in /, title: 'UBSAN: {bug} in {frame}', type: 'UBSAN' },
  {
    ...ubsan,
    start: /^UBSAN: (?<bug>.*)/,
    title: 'UBSAN: {bug}',
    type: 'UBSAN',
    culprit: 'none',
    corrupted: 'the first line is cut',
  },
];
