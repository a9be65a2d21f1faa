import type { ReportFormat } from '../report-format.ts';

const bug = { severity: 'fatal', kind: 'bug', type: 'BUG', culprit: 'trace' } as const;

/** BUG(): lib/bug.c (`kernel BUG at file:line!`), `Kernel BUG at` of s390 and PowerPC. */
export const bugFormats = (): readonly ReportFormat[] => [
  {
    ...bug,
    start: /^kernel BUG at (?:\S*\/)?lib\/list_debug\.c:/i,
    kind: 'list',
    title: 'BUG: corrupted list in {frame}',
    alt: ['bad-access in {frame}'],
    type: 'MEMORY_SAFETY_BUG',
    traceOnly: true,
  },
  {
    ...bug,
    start: /^kernel BUG at (?:\S*\/)?mm\/usercopy\.c:/i,
    kind: 'usercopy',
    title: 'BUG: bad usercopy in {frame}',
    skip: /usercopy|__check/,
    traceOnly: true,
  },
  // packets are put together by functions that check their callers
  { ...bug, start: /^kernel BUG /i, title: 'kernel BUG in {frame}', skip: /^skb_/ },
  {
    ...bug,
    start: /^rust_kernel: panicked at/,
    kind: 'rust',
    next: /^(?<words>(?!\s)[^\n]{4,200})$/,
    title: '{words} in {frame}',
    type: '',
    skip: /rust_begin_unwind|core::panicking|<?core::|rust_helper_BUG/,
  },
];

const spin = { severity: 'fatal', kind: 'spinlock', type: 'LOCKDEP', culprit: 'trace' } as const;
const atomic = { severity: 'warning', kind: 'atomic', type: 'ATOMIC_SLEEP', culprit: 'trace' } as const;
const odd = { severity: 'warning', culprit: 'none', type: '', noTrace: true } as const;

/** What begins with `BUG: ` and is no fault, no lock order and no sanitizer's. */
export const brokenStateFormats = (): readonly ReportFormat[] => [
  {
    ...spin,
    start:
      /^BUG: (?<lock>spinlock|rwlock) (?<what>lockup suspected|already unlocked|(?:cpu )?recursion|bad magic|wrong owner|wrong CPU|lockup|trylock failure on UP)/,
    title: 'BUG: {lock} {what} in {frame}',
    skip: /spin_|_lock|_unlock|rwlock_bug/,
  },
  {
    ...atomic,
    start: /^BUG: scheduling while atomic/,
    title: 'BUG: scheduling while atomic in {frame}',
    skip: /schedule/,
  },
  {
    ...atomic,
    start: /^BUG: sleeping function called from invalid context/,
    title: 'BUG: sleeping function called from invalid context in {frame}',
  },
  {
    severity: 'warning',
    kind: 'atomic',
    start: /^BUG: using (?<call>\w+\(\)) in preemptible/,
    title: 'BUG: using {call} in preemptible code in {frame}',
    skip: /preempt|debug_|processor_id|this_cpu/,
    type: 'LOCKDEP',
    culprit: 'trace',
  },
  {
    severity: 'warning',
    kind: 'workqueue',
    start: /^BUG: workqueue leaked (?:lock|atomic)/,
    next: /last function: (?<fn>[^\s+]+)/,
    title: 'BUG: workqueue leaked lock or atomic in {frame}',
    type: '',
    culprit: 'named',
    noTrace: true,
  },
  {
    severity: 'stuck',
    kind: 'workqueue',
    start: /^BUG: workqueue lockup/,
    title: 'BUG: workqueue lockup',
    type: '',
    culprit: 'none',
    noTrace: true,
  },
  {
    severity: 'warning',
    kind: 'page-state',
    start: /^BUG: Bad page (?<what>state|cache)\b/,
    title: 'BUG: Bad page {what} in {frame}',
    type: '',
    culprit: 'trace',
    stackOf: /^page last allocated/,
    orTrace: true, // without page_owner nobody knows who allocated it
    skip: /^bad_page|(?:free|put|get|update|release)_page|free_unref|^_*folio|truncate_inode_pages|page_frag_free|alloc|vmap|page_owner|page_pool_/,
  },
  {
    severity: 'warning',
    kind: 'page-state',
    start: /^BUG: Bad page map/,
    title: 'BUG: Bad page map',
    type: '',
    culprit: 'none',
  },
  { ...odd, kind: 'page-state', start: /^BUG: Bad rss-counter state/, title: 'BUG: Bad rss-counter state' },
  {
    ...odd,
    kind: 'page-state',
    start: /^BUG: non-zero (?<what>nr_ptes|nr_pmds|pgtables_bytes) on freeing mm/,
    title: 'BUG: non-zero {what} on freeing mm',
  },
  {
    ...odd,
    kind: 'vfs',
    start: /^BUG: Dentry .*still in use \(-?\d+\) \[unmount of (?<fs>[^\]]*)\]/,
    title: 'BUG: Dentry still in use in unmount',
    alt: ['BUG: Dentry still in use [unmount of {fs}]'],
  },
  {
    ...odd,
    kind: 'vfs',
    start: /^VFS: Close: file count is 0/,
    title: 'VFS: Close: file count is zero (use-after-free)',
    type: 'DoS',
  },
  {
    ...odd,
    kind: 'vfs',
    start: /^VFS: Busy inodes after unmount/,
    title: 'VFS: Busy inodes after unmount (use-after-free)',
    type: 'DoS',
    severity: 'fatal',
  },
  {
    severity: 'fatal',
    kind: 'slub',
    start:
      /^(?<what>BUG kmalloc-\S{1,40} \((?:Not tainted|Tainted: [^)]*)\): (?!Object already free|kasan: bad access).*)$/,
    title: '{what}',
    type: '',
    culprit: 'none',
    noTrace: true,
  },
  {
    severity: 'fatal',
    kind: 'slub',
    start: /^BUG (?:\S+ )+\((?:Not tainted|Tainted: [^)]*)\): (?<what>(?!kasan: bad access).*)$/,
    title: 'BUG: {what}',
    type: 'DoS',
    culprit: 'none',
  },
  {
    severity: 'fatal',
    kind: 'stack-overflow',
    start: /^BUG: (?<stack>\w+ )?stack guard page was hit/,
    title: 'BUG: stack guard page was hit in {frame}',
    alt: ['stack-overflow in {frame}'],
    type: '',
    culprit: 'anchor',
  },
  { ...odd, kind: 'lockdep', start: /^BUG: (?<what>MAX_\w+ too low)!/, title: 'BUG: {what}!' },
  {
    ...odd,
    kind: 'other',
    start: /^(?<word>BUG|WARNING|INFO):\s*$/,
    title: '{word}: corrupted',
    corrupted: 'the first line is cut',
  },
  {
    severity: 'fatal',
    kind: 'other',
    start: /^(?<what>BUG: [A-Za-z].*)$/,
    noTrace: true,
    title: '{what}',
    type: '',
    culprit: 'none',
  },
];
