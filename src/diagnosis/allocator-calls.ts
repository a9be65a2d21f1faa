import type { FrameData } from '../report/stack-data.ts';

/** Functions that free an object, of SLUB and SLAB, Linux 4.19 to 7.2 (mm/slub.c, mm/slab.c, mm/slab_common.c, mm/util.c). */
const FREEING =
  /^(?:kmem_cache_free(?:_bulk)?|__kmem_cache_free|kfree|kzfree|kfree_sensitive|kvfree|__slab_free|slab_free\w*|do_slab_free|___?cache_free|cache_free_debugcheck|free_block|set_freepointer|free_debug_processing|free_to_pcs\w*|__pcs_\w*|free_consistency_checks|free_to_partial_list|cache_from_obj|build_detached_freelist|kfree_const|__kmem_cache_free_bulk|kmem_cache_free_bulk|memcg_slab_free_hook|slab_bug|slab_err|object_err|sheaf_flush\w*|rcu_free_sheaf\w*|free_large_kmalloc|warn_free_bad_obj)$/;

/** Functions that allocate one. */
const ALLOCATING =
  /^(?:kmem_cache_alloc\w*|__kmem_cache_alloc\w*|__kmalloc\w*|kmalloc_\w+|___?slab_alloc\w*|slab_alloc\w*|get_freepointer\w*|get_partial\w*|__kvmalloc\w*|kvmalloc_node|kmemdup\w*|krealloc\w*|new_slab|allocate_slab|deactivate_slab|put_cpu_partial|__unfreeze_partials|refill_sheaf|alloc_from_pcs\w*|freeze_slab|get_from_partial\w*)$/;

/** Functions that only pass a call on: between who wanted it and the allocator. */
const PASSING =
  /^(?:kmem_cache_free|kfree|mempool_free\w*|kfree_call_rcu|kvfree|__call_rcu\w*|call_rcu\w*|kfree_rcu_\w*|call_rcu_hurry|devm_kfree)$/;

/** A function's name without what the compiler added: `foo.isra.0`, `foo.cold`, `foo.constprop.0`. */
export function bareName(symbol: string): string {
  return symbol.replace(/(?:\.(?:isra|constprop|part|cold|llvm|lto_priv|localalias)(?:\.\d+)?)+$/, '');
}

/** What an allocator was asked to do when the kernel died. */
export interface AllocatorCall {
  readonly kind: 'free' | 'allocate';
  /** Its outermost frame: of the function that was called. */
  readonly index: number;
  /** The first frame outside: who called it. Undefined when the stack ends before. */
  readonly caller: number | undefined;
}

/** The allocator in which a frame lies; undefined when it lies in none. @param site index of the frame of death */
export function allocatorCall(frames: readonly FrameData[], site: number): AllocatorCall | undefined {
  const nameOf = (i: number): string => bareName(frames[i]?.symbol ?? '');
  const kind = kindOf(nameOf(site));
  if (!kind) return undefined;
  let index = site;
  while (kindOf(nameOf(index + 1)) === kind || (index + 1 < frames.length && PASSING.test(nameOf(index + 1)))) index++;
  const caller = index + 1 < frames.length && frames[index + 1]?.stack !== 'user' ? index + 1 : undefined;
  return { kind, index, caller };
}

function kindOf(name: string): AllocatorCall['kind'] | undefined {
  if (FREEING.test(name)) return 'free';
  return ALLOCATING.test(name) ? 'allocate' : undefined;
}
