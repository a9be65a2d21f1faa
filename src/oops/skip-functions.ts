/**
 * Functions that are never the cause, with the reason. They are tested on names without compiler suffixes. Most are parts of
 * names: one job has many spellings (`__might_sleep`, `___might_sleep`), and a caller that is named after it does it too.
 */
interface SkippedFunctions {
  readonly why: string;
  readonly names: RegExp;
}

const skippedFunctions: readonly SkippedFunctions[] = [
  {
    why: 'they print the report',
    names:
      /panic|(?:report|fixup|imbalance|usage|handle|schedule|spin|irq)_bug|print_(?:report|unlock|tainted|address_description|hex_dump)|(?:show|dump|walk)_stack|dump_header|(?:dump|unwind)_backtrace|show_regs|stack_walk|stack_trace_(?:save|consume)|warn_(?:slowpath|alloc|bogus)|__warn|fortify_report|assertfail|^get_taint$|^(?:__)?die$|^oops_(?:begin|end)|^check_preemption_disabled$|^show_trace_log_lvl$|^sched_show_task$/,
  },
  {
    why: 'how an exception comes to its handler, and how the handler gives up',
    names:
      /invalid_op|do_error|do_trap|_trap$|program_check_(?:exception|common)|do_(?:kernel|translation)_fault|do_mem_abort|^el1_abort|^el1h_64_sync|^asm_exc_|^exc_(?!page_fault)|^page_fault_oops|^(?:__)?(?:bad_area|no_context)/,
  },
  {
    why: 'sanitizers and other checks that found it',
    names:
      /kasan|hwasan|kmsan|__(?:sanitizer|asan|msan|tsan|ubsan)|kcsan_setup_watchpoint|check_(?:memory_region|heap_object|object)|read_word_at_a_time|(?:read|write)_once_.*nocheck|debug_object|(?:timer|work)_is_static_object|might_(?:fault|sleep|resched)|^should_fail|ref_tracker|perf_trace/,
  },
  {
    why: 'the lock checker',
    names:
      /lockdep|lock_(?:acquire|release|class)|mark_lock|(?:reacquire|mark)_held_locks|trace_(?:hard|soft)irq|seqprop_assert/,
  },
  {
    why: 'locks and their slow paths: who takes them wrongly is their caller',
    names:
      /(?:spin|read|write)_(?:lock|trylock|unlock)|raw_spin_rq|bh_(?:enable|disable)|(?:down|up)_(?:read|write)|down_trylock|^down$|^(?:__|rt_)?mutex_|owner_on_cpu|osq_(?:lock|unlock)|^(?:un)?lock_page/,
  },
  {
    why: 'waking and waiting',
    names: /__wake_up|^complete$|wait_for_completion|finish_wait|kthread_stop|cleanup_srcu_struct/,
  },
  {
    why: 'counters and bits',
    names:
      /atomic(?:64)?_(?:dec|inc|read|set|or|xor|and|add|sub|fetch|xchg|cmpxchg|try)|(?:set|clear|change|test)_bit|^refcount_|^kref_/,
  },
  {
    why: 'allocators: whoever used the memory wrongly called them',
    names:
      /[mzc]alloc|krealloc|kmem_cache|slab_|allocate_slab|alloc_page|alloc_frozen_pages_noprof|^kv?free$|kfree_skb|ida_free/,
  },
  {
    why: 'the page cache, on behalf of a file system',
    names:
      /folio_(?:alloc|unlock)|filemap_(?:alloc|get)_folio|find_or_create_page|do_read_cache_folio|read_cache_page|pagecache_get_page|grab_cache_page_write_begin|find_lock_entries|truncate_inode_pages_range/,
  },
  {
    why: 'they move, compare and print bytes for their callers',
    names:
      /mem(?:cpy|cmp|set|chr|move|dup)|str(?:n?cmp|cpy|[lns]cpy|scpy|n?len|n?str|chr|n?dup)|string|pointer|hex_dump_to_buffer|crc_itu_t|^crc\d/,
  },
  {
    why: 'they copy from and to user space and devices',
    names:
      /copy_(?:to|from)_(?:user|iter)|copy_page_(?:to|from)_iter|copy_folio_to_iter|^copy(?:in|out)$|(?:put|get)_user|(?:read|write)[bwlq]$|logic_(?:in|out)|extract_(?:user|iter)_to_sg|__phys_addr/,
  },
  {
    why: 'messages',
    names: /snprintf|scnprintf|k(?:v)?asprintf|printk|va_format|dev_(?:info|notice|warn|err|alert|crit|emerg)/,
  },
  {
    why: 'lists, trees and tables: their user broke them',
    names:
      /list_(?:add|del|replace|move|splice)|^(?:__)?rb_|^klist_|xas_(?:start|load|find)|rhashtable_lookup|mark_buffer_dirty/,
  },
  {
    why: 'timers and work queues, on behalf of whose timer or work it is',
    names:
      /del_timer|lock_timer_base|timer_delete_sync|sk_stop_timer_sync|__mod_timer|flush_work|cancel_work_(?:timer|sync)|try_to_grab_pending|(?:drain|destroy)_workqueue|queue_work|insert_work|queue_delayed_work/,
  },
  {
    why: 'the device model, on behalf of a driver',
    names:
      /kobject_|add_uevent_var|get_device_parent|device_(?:add|del|unregister|destroy|release|for_each_child|remove_file)|^put_device$|devres_release_all|hwrng_unregister|i2c_del_adapter|__unregister_client|rollback_registered|unregister_netdev|sysfs_remove|tty_unregister_device/,
  },
  {
    why: 'USB requests, on behalf of a driver',
    names: /dummy_urb_enqueue|usb_kill_(?:urb|anchored_urbs)|usb_control_msg|usb_(?:hcd_)?submit_urb/,
  },
  { why: 'references to inodes and names', names: /^iput(?:_final)?$|^ihold$|drop_nlink|dput/ },
  { why: 'jumps that the compiler makes indirect', names: /_indirect_thunk_/ },
];

/** Names of functions come from the log: the memory is bounded. */
const REMEMBERED = 4096;

const known = new Map<string, boolean>();
let any: RegExp | undefined;

/** Whether a function is machinery. @param name without compiler suffixes */
export function isMachinery(name: string): boolean {
  const found = known.get(name);
  if (found !== undefined) return found;
  any ??= new RegExp(skippedFunctions.map((s) => s.names.source).join('|'));
  const answer = any.test(name);
  if (known.size >= REMEMBERED) known.clear();
  known.set(name, answer);
  return answer;
}
