import type { CrashReport } from '../../report/crash-report.ts';
import { deathFunction, wasNoticed } from '../../report/death-place.ts';
import type { RankedFinding } from '../../report/finding-data.ts';
import { passesThrough } from '../fixes/blamed-functions.ts';

/** One of several deaths, reduced to what can be compared. */
export interface Death {
  readonly name: string;
  readonly report: CrashReport;
  /** The function that it is about. */
  readonly place: string | null;
  /** The first cause that was found. */
  readonly cause: RankedFinding | undefined;
  /** Functions from the place of the death outwards, without what every stack passes through. */
  readonly functions: readonly string[];
  /** What the kernel was at: `reclaim`, `slab` ... by the functions of the whole stack. */
  readonly areas: ReadonlySet<Area>;
}

export type Area =
  | 'slab'
  | 'reclaim'
  | 'dcache'
  | 'filesystem'
  | 'block'
  | 'network'
  | 'locking'
  | 'page-fault'
  | 'timer';

const AREAS: readonly (readonly [area: Area, functions: RegExp])[] = [
  [
    'slab',
    /^(?:kmem_cache_\w+|k[vz]?free\w*|_*slab_\w+|__*slab_\w+|kmalloc\w*|__kmalloc\w*|cache_from_obj|set_freepointer|free_to_partial_list|put_cpu_partial|dentry_free|\w+_i_callback|i_callback|\w+_free_in_core_inode|free_inode_nonrcu)$/,
  ],
  [
    'reclaim',
    /^(?:shrink_\w+|do_shrink_\w+|kswapd\w*|balance_pgdat|try_to_free_\w+|do_try_to_free_pages|prune_\w+|super_cache_scan|\w*_shrink_scan|direct_reclaim\w*|__alloc_pages_slowpath\w*|evict_folios|try_to_shrink_lruvec)$/,
  ],
  [
    'dcache',
    /^(?:d_\w+|dput\w*|dentry_\w+|__dentry_kill|iput\w*|evict\w*|destroy_inode|\w+_i_callback|i_callback|prune_[di]cache_sb)$/,
  ],
  ['filesystem', /^(?:ext4|xfs|btrfs|f2fs|nfs\d?|jbd2|fuse|cifs|overlayfs|ovl)_\w+$/],
  ['block', /^(?:blk_\w+|bio_\w+|submit_bio\w*|nvme_\w+|scsi_\w+|virtblk_\w+|dm_\w+)$/],
  ['network', /^(?:tcp_\w+|udp_\w+|ip6?_\w+|net_rx_\w+|__?napi_\w+|skb_\w+|sock_\w+|nf_\w+|dev_\w+queue\w*)$/],
  [
    'locking',
    /^(?:__?mutex_\w+|rwsem_\w+|down_\w+|native_queued_spin_lock_slowpath|queued_spin_lock_slowpath|rt_mutex_\w+|wait_for_completion\w*)$/,
  ],
  [
    'page-fault',
    /^(?:handle_mm_fault|__handle_mm_fault|do_anonymous_page|do_huge_pmd_anonymous_page|do_user_addr_fault|do_page_fault|clear_huge_page|clear_page\w*)$/,
  ],
  ['timer', /^(?:call_timer_fn|run_timer_softirq|hrtimer_\w+|__hrtimer_\w+)$/],
];

const DEPTH = 12;

export function deathOf(name: string, report: CrashReport): Death {
  // the stack of who noticed it is not that of the death
  const frames = wasNoticed(report) ? [] : (report.stack?.frames ?? []);
  const site = frames.findIndex((f) => !f.inlined && f.pc === report.crash.pc);
  const from = frames
    .slice(Math.max(0, site))
    .flatMap((f) => (f.symbol === null ? [] : [f.symbol.replace(/\..*$/, '')]));
  const own = deathFunction(report);
  const all = own === null || from.includes(own) ? from : [own, ...from];
  return {
    name,
    report,
    place: own,
    cause: report.findings.find((f) => f.severity === 'cause'),
    functions: all.filter((f) => !passesThrough(f)).slice(0, DEPTH),
    areas: new Set(AREAS.filter(([, functions]) => all.some((f) => functions.test(f))).map(([area]) => area)),
  };
}
