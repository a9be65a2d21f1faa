/** Families of rules, by their ids. */

/** About memory that was used or freed wrongly. */
export const MEMORY_BUG =
  /^(?:slab|list|refcount|page|page-table)\.|^(?:pointer|call)\.(?:bad|vmalloc)$|^death\.checked-copy$|^stack\.(?:return-overwritten|object-gone)$/;
/** Of these, about objects of slabs. */
export const OBJECT_BUG = /^(?:slab|list|refcount)\.|^(?:pointer|call)\.bad$|^death\.checked-copy$/;
/** About objects that were freed when they must not be. */
export const BAD_FREE = /^slab\.(?:double-free|freelist|page-gone|use-after-free)$/;
/** About pages that changed their owner or have none. */
export const PAGE_BUG = /^slab\.page-gone$|^page(?:-table)?\.|^memory\.unaccounted$/;
/** About damage that a check at its place would have found. */
export const DAMAGE = /^(?:list|refcount)\.|^pointer\.bad$/;
/** About too little memory. */
export const SHORT_OF_MEMORY = /^memory\.(?:exhausted|little-free|oom|reclaim|page-cache|swap)/;
/** About memory that is never given back. */
export const LEAK = /^memory\.(?:slab-growth|unaccounted)/;
/** About tasks that wait, or CPUs that do not come back. */
export const STUCK = /^(?:wait|cpu|rcu|work|io|timer)\.|^memory\.rcu-callbacks$|^net\.device-held$/;
/** About grace periods of RCU that do not end. */
export const RCU = /^rcu\.|^memory\.rcu-callbacks$/;
/** About locks that tasks sleep for. */
export const SLEEPING_LOCK = /^wait\./;
/** About locks taken in the wrong order or never given back. */
export const LOCK_ORDER = /^wait\.(?:self-)?deadlock$|^(?:cpu|sleep|timer)\./;
/** About something pending whose memory ended before it. */
export const LIFETIME = /^stack\.object-gone$/;
export const STORAGE = /^(?:fs|io)\./;
export const HARDWARE = /^hardware\./;
export const OVERFLOW = /^stack\.overflow$/;
