/** Functions that are never the cause, with the reason. They are tested on names without compiler suffixes. */
interface SkippedFunctions {
  readonly why: string;
  readonly names: RegExp;
  /** Taken when there is nothing else. */
  readonly weak?: true;
}

const skippedFunctions: readonly SkippedFunctions[] = [
  {
    why: 'they print the report',
    names:
      /^(?:_?_?dump_(?:stack|backtrace|header)|dump_stack_lvl|_?_?show_(?:stack|regs|trace|registers|regs_print_info)|show_trace_log_lvl|print_|printk|_printk|vprintk|__warn|warn_(?:slowpath|alloc|bogus)|__?report_bug|handle_bug|fixup_bug|v?panic$|__stack_chk_fail|nmi_panic|check_panic_on_warn|__panic$|panic_saved|panic_bad_stack|__?bad_stack|\w+_panic$|\w*assfail|\w*assertfail|\w*rust_begin_unwind|<?core::|__schedule_bug|reiserfs_error|skb_(?:over|under)_panic|oops_|die$|__?die|die_|(?:arm64_)?notify_die|bug_handler|bug_brk|brk_handler|call_break_hook|report_bug|do_kernel_bug|unwind_|arch_stack_walk|save_stack|stack_trace|stack_depot|save_trace|walk_stackframe|__save_stack|handle_stack_overflow|handle_bad_stack|sched_show_task|debug_show_|_?_?dump_page|bad_page|slab_bug|slab_err|object_err|print_trailer|free_debug|check_stack_object)/,
  },
  {
    why: 'sanitizers, lock checkers and other checks that found it',
    names:
      /^(?:_?_?kasan|_?_?asan|__hwasan|hwasan|_?_?kmsan|__msan|_?_?kcsan|__tsan|_?_?kfence|ubsan|__ubsan|handle_overflow|val_to_string|__sanitizer|sanitizer|check_(?:memory_region|kcov|preemption|slab|region_inline|bytes|flags|chain|deadlock|noncircular|irq_usage|usage|prev|object|poison|wait_context)|memory_is_poisoned|bytes_is_|end_report|start_report|lockdep|_?_?lock_(?:acquire|release|is_held|set|downgrade|pin|unpin|repin)|__lock|mark_(?:lock|held|usage)|validate_chain|register_lock_class|assign_lock_key|look_up_lock|trace_(?:hardirqs|softirqs|event|raw)|rcu_lockdep|ref_tracker_|__this_cpu_preempt|debug_(?:check|smp|mutex|spin|object|print|lock|rt_mutex|lockdep|deactivate|work|assert)|__debug_|warn_bogus_irq|_?_?might_(?:sleep|fault|resched|alloc)|___might|ww_mutex|kcov|fault_inject|should_fail|should_failslab|__should|fail_dump|do_check_|save_stack|csd_lock|refcount_|_?_?refcount|kref_|kmemleak|create_object|report_|stack_type|find_held_lock|lock_torture|in_task_stack|inode_permission_none|on_irq_stack|timer_is_static|object_|dead_special|spin_(?:bug|dump)|rwlock_bug|usercopy_|__check_object_size|check_heap_object|check_page_span)/,
  },
  {
    why: 'exception and interrupt entry, and what handles a fault',
    names:
      /^(?:(?:asm_)?(?:exc|sysvec|common_interrupt)_?|asm_|_?_?do_(?:page_fault|kern_addr_fault|user_addr_fault|kernel_fault|error_trap|trap|general_protection|invalid_op|divide_error|double_fault|bad_area|mem_abort|translation_fault|DataAbort|PrefetchAbort|undefinstr|debug_exception|bad_mode|sp_pc_abort|alignment_fault|serror|sea|tag_check|error|bounds|int3|stack_segment|trap_|program_check|IRQ|tag_recovery)|(?:page_fault|general_protection|invalid_op|error_entry|divide_error|double_fault|async_page_fault|stack_segment|ret_from_intr|restore_regs|retint|paranoid|native_iret|error_exit)|page_fault_oops|no_context|_?_?bad_area|_?_?no_context|spurious_|kernelmode_fixup|search_exception|fixup_exception|el[01]t?_?(?:da|ia|sync|irq|dbg|error|inv|undef|sp_pc|64|32|h_64|t_64|pc|abort|fpac|bti)|el[01]h_|el[01]_(?:abort|interrupt|undef|dbg|brk)|el1h?_\w+_(?:sync|irq|handler)|__el1|vectors|handle_(?:exception|page_fault|mm_fault_err|sync)|arm64_|die_kernel|__bad_area|data_access|instruction_access|hardware_interrupt|program_check|pgm_check|do_dat_exception|do_protection|system_call_\w*irq|apic_timer|smp_(?:apic|reschedule|call_function_int|kvm_posted)|call_function_(?:interrupt|single_int)|reschedule_interrupt|irq_exit|invoke_softirq|_?_?irq_exit|__irqentry|__softirqentry|exit_to_kernel|irqentry_|handle_oops|__handle_(?:domain|irq)|gic_handle|call_on_irq|do_interrupt|ret_from_|bad_page_fault|tlb_|handle_tlb|handle_mips)/,
  },
  {
    why: 'they move, compare, clear and count bytes and bits for their callers',
    names:
      /^(?:_?_?_?_?(?:mem(?:cpy|set|move|cmp|chr|dup|scan|zero|cat|_?set)|str(?:n?(?:cpy|cat|cmp|casecmp|len|chr|str|dup)|lcpy|lcat|scpy|rchr|sep|spn|cspn|pbrk|im)|kstrdup|kmemdup|kstrndup|memdup|vmemdup|strndup|bcmp|rep_|clear_page|copy_page|clear_user|clear_huge|copy_user|copy_from|copy_to|\w*copy_(?:to|from)_user|copy_mc|copyin|copyout|_copy|raw_copy|__raw_copy|__copy|__arch_copy|__pi_|csum_partial|do_csum|_?crc\w*|hex_dump|pointer$|vsn?printf|sn?printf|vscn|scn|number$|string(?:_nocheck)?$|va_format|format_decode|find_(?:first|next|last)_|_find_|hweight|bitmap_|test_(?:bit|and)|set_bit|clear_bit|_test|_set|ffs|fls|xor_|arch_atomic|atomic|instrument_|get_user|put_user|__get_user|__put_user|get_unaligned|put_unaligned|_?raw_(?:read|write)|readb|readw|readl|readq|writeb|writew|writel|writeq|inb|outb|logic_|fortify|sized_str|skip_spaces|iov_iter_|copy_page_|_?copy_.*_iter|iterate_(?:iovec|bvec|kvec|xarray|folioq|and|ubuf)|simple_copy_to_iter|READ_ONCE|__read_once|__write_once|jhash|strnlen|cmp_|bsearch|sort|sort_r|swap_|hash_))/,
  },
  {
    why: 'allocators: whoever used the memory wrongly was before them',
    names:
      /^(?:_?_?_?_?(?:kmalloc|kzalloc|kcalloc|kvmalloc|kvzalloc|krealloc|kvrealloc|kfree|kvfree|kzfree|ksize|kmem_cache|kmem_|kmemdup|vmalloc|vzalloc|vfree|vmap|vunmap|slab_|slub_|cache_(?:alloc|grow|free|flusharray)|new_slab|allocate_slab|alloc_(?:pages|page$|slab|percpu|node_mem|frozen)|__alloc_(?:pages|frozen|percpu|object)|free_(?:pages?|slab|hot|block|unref|frozen|percpu|pcp|the_page|one_page|large|pages_|reserved|contig)|get_(?:free_pages?|page_from|partial|zeroed|vm_area)|rmqueue|prep_new_page|prep_compound|post_alloc|page_alloc|page_frag|pcpu_|percpu_(?:counter_|alloc|ref_)|do_kmalloc|do_slab|do_kmem|deactivate_none|unfreeze_partials|put_cpu_partial|discard_slab|alloc_inode_sb|mempool_|memblock_|devm_k|dma_pool|kasan_|alloc_buddy|__vmalloc|folio_alloc|alloc_objs|dump_unreclaim|setup_object|init_object|kvfree_call|rcu_free|free_pgd|obj_cgroup|memcg_slab|build_skb_none|alloc_slab_|on_freelist|add_partial|remove_partial|check_bytes|restore_bytes|prefetch|set_freepointer|get_freepointer|freelist_))/,
  },
  {
    why: 'locks, their slow paths, and waiting for them',
    names:
      /^(?:_?_?(?:raw_)?_?(?:raw_)?(?:spin|read|write)_(?:lock|unlock|trylock|release|acquire|can)|do_raw_|_raw_|__raw_(?:spin|read|write)|(?:native_|pv_|__pv_|kvm_)?queued?d?_(?:spin|read|write)|native_queued|\w*rq_lock|task_rq_|\w+_write_(?:un)?lock$|queued_|pv_|__?mutex|mutex_|_?_?down(?:_|$)|_?_?up(?:_|$)|rwsem_|call_rwsem|rt_mutex|__rt_mutex|rt_spin|rt_read|rt_write|rtlock|seqcount|read_seq|write_seq|seqprop|do_write_seq|_mutex|arch_(?:spin|read|write|local_irq|irqs)|local_(?:irq|bh|lock)|__local_bh|_?_?rcu_read|rcu_dereference|rcu_assert|percpu_(?:down|up|rwsem)|__percpu_(?:down|up)|lock_(?:page|acquire|contended|acquired|none)|osq_lock|optimistic_spin|mcs_spin|class_(?:mutex|spin|raw|rwsem|rcu|irq|preempt)\w*_(?:de|con)structor|preempt_(?:count|schedule|disable|enable|latency)|__preempt|_cond_resched|__cond_resched|cond_resched|might_|bit_spin|hlist_bl_|_atomic_dec|refcount_dec_and|atomic_dec_and|lockref_|raw_local|ldsem_|up_read|up_write|srcu_read|sbitmap_lock|rwbase_|completion_|try_wait|swake_|wait_for_completion|finish_wait|usb_kill_urb|hwrng_unregister|usb_poison|kthread_stop|folio_(?:lock|unlock|wait|end_)|unlock_page|wait_on_page|wake_up$|__wake_up|try_to_wake|default_wake|ttwu|complete$|complete_all|complete_with|autoremove_wake|pollwake|pagevec|__ldsem)/,
  },
  {
    why: 'lists, trees and other containers: their user broke them',
    names:
      /^(?:_?_?(?:list_(?:add|del|move|splice|replace|empty|cut|swap|rotate|bulk|lru|first|last|is|next|entry)|hlist_|llist_|klist_|plist_|rb_|rbtree_|rht_|rhashtable_|rhltable_|xa_|xas_|idr_(?:remove|alloc|find|get|for|replace|preload)|ida_|interval_tree|mas_|mt_|mtree_|timerqueue_none|kfifo_|assoc_array|kobject_|kset_|kobj_|get_device|put_device|device_(?:add|del$|create|register|unregister|destroy|initialize|release|for_each|match)|cdev_|sysfs_|dpm_sysfs|devres_|i2c_(?:del_adapter|unregister)|__unregister_client|skb_(?:put|push|pull|trim|copy_bits)|__skb_p|___?skb_(?:put|pull)|drop_nlink|inc_nlink|clear_nlink|set_nlink|iput$|dput$|fast_dput$|tty_(?:un)?register_(?:device|driver)|\w*uevent|mark_buffer_dirty|find_(?:lock|get)_entr|find_get_pages|truncate_inode_pages|_?_?rollback_registered|_?_?unregister_netdev|skb_queue_(?:purge|tail|head|splice)|skb_(?:dequeue|unlink|peek)|bitmap_|sg_(?:next|init|miter|alloc|free)|check_list|dlist|sbitmap_|genradix|flex_array|btree_)|INIT_LIST|list_(?:add|del)_|arch_atomic|xarray)/,
  },
  {
    weak: true,
    why: 'the very first code of an exception or system call',
    names:
      /^(?:__(?:dabt|und|irq|pabt|fiq)_(?:svc|usr|invalid)|el0_svc|invoke_syscall|do_el0_svc|el0t_64_sync|entry_SYSCALL|do_syscall_|ret_fast_syscall|entry_SYSENTER|do_fast_syscall|do_int80|system_call|__sys_trace|x64_sys_call|ia32_sys_call)/,
  },
  {
    weak: true,
    why: 'plumbing of work queues, RCU, interrupts, timers and notifiers that carries everything',
    names:
      /^(?:flush_work|_?_?flush_(?:work|delayed)|drain_workqueue|destroy_workqueue|_?_?cancel_(?:work|delayed)|try_to_grab|del_timer|try_to_del_timer|\w*lock_timer_base|_?_?timer_delete|_?_?mod_timer|add_timer|hrtimer_(?:cancel|try)|__?queue_(?:work|delayed)|queue_(?:work|delayed)|mod_delayed|insert_work|(?:raw_)?notifier_(?:call|to)|call_netdevice|atomic_notifier|blocking_notifier|srcu_notifier|call_rcu|__call_rcu|kfree_call|synchronize_none|rcu_(?:core|do_batch|process|gp|cblist|segcblist|nocb|note|is_watching|irq|eqs|dynticks|user|idle|check|preempt|report|sched|implicit|softirq|momentary)|__rcu|_?_?do_softirq|do_softirq_own|handle_softirqs|__do_softirq|run_ksoftirqd|smpboot_thread|kthread$|worker_thread|process_one_work|process_scheduled|call_timer_fn_none|process_timeout|__schedule|schedule$|schedule_(?:timeout|preempt|idle|hrtimeout|none)|context_switch|__switch|finish_task|prepare_to|perf_trace|_?_?perf_event_none|tracepoint|__traceiter|__trace|bpf_trace_run|trace_call_bpf|ftrace|function_trace|event_trigger|ring_buffer|kretprobe|kprobe|rethook|_?_?indirect_thunk|__x86_indirect|__x86_return|retbleed|srso_|__fentry|mcount|zen_untrain|native_(?:write|read)_msr|native_save|native_irq|native_halt|default_idle|cpuidle|do_idle|cpu_startup|stop_machine|smp_call_function_none|generic_exec|ret_to_user|static_key|__static_key|static_call|__SCT|__SCK|jump_label|__jump_label|text_poke|arch_jump|cpus_read|get_online|put_online|cpu_hotplug)/,
  },
];

function anyOf(list: readonly SkippedFunctions[]): (name: string) => boolean {
  let any: RegExp | undefined;
  const known = new Map<string, boolean>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    any ??= new RegExp(list.map((s) => `(?:${s.names.source})`).join('|'));
    const answer = any.test(name);
    if (known.size >= REMEMBERED) known.clear();
    known.set(name, answer);
    return answer;
  };
}

/** Names of functions come from the log: the memory is bounded. */
const REMEMBERED = 4096;

/** Whether a function is machinery. @param name without compiler suffixes */
export const isMachinery = anyOf(skippedFunctions);
/** The same without what may be the cause when nothing else is there. */
export const isStrictMachinery = anyOf(skippedFunctions.filter((s) => !s.weak));
