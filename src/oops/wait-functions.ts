/** Ways of waiting, as parts of names: what a sleeper called them for is what it hangs in. */
export const WAITING =
  /sched|_(?:slow)?lock|down|rwsem|completion|kthread|wait|synchronize|context_switch|__switch_to|cancel_delayed_work|rcu_barrier/;
/** Waits in which whole systems pile up behind one that does not end: they are one case wherever they are met. */
export const PILE_UPS: readonly { readonly names: RegExp; readonly title?: string }[] = [
  { names: /rtnl_lock/ },
  { names: /synchronize_(?:s?rcu|net|sched)/, title: 'synchronize_rcu' },
];
