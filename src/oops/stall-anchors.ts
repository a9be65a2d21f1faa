/** Functions that call whatever work there is: what they called is what the CPU was busy with, wherever it is caught. */
const dispatchers: readonly { readonly of: string; readonly names: RegExp }[] = [
  {
    of: 'system calls',
    names:
      /do_(?:fast_)?syscall_|sysenter_dispatch|tracesys_phase2|el0_svc_handler|invoke_syscall|ret_fast_syscall|^__do_syscall$|^do_trap_ecall_u$|^system_call/,
  },
  {
    of: 'timers, soft interrupts and calls from other CPUs',
    names:
      /do_softirq|call_timer_fn|_run_timers|run_timer_softirq|hrtimer_run|run_ksoftirqd|tasklet_(?:hi_)?action|smp_call_function/,
  },
  {
    of: 'threads',
    names: /process_one_work|smpboot_thread_fn|^kthread$|ret_from_fork|start_secondary|cpu_startup_entry/,
  },
  {
    of: 'files',
    names:
      /vfs_(?:iter_)?(?:read|write)|vfs_(?:ioctl|open)|do_iter_(?:read|write)|call_(?:read|write)_iter|new_sync_(?:read|write)|(?:ksys|compat|compat_sys)_ioctl|blkdev_(?:driver_)?ioctl|^call_mmap|mmap_region|do_mmap|do_dentry_open|__fput/,
  },
  {
    of: 'sockets',
    names:
      /netif_receive_skb|^sock_(?:sendmsg|recvmsg|release|mmap|do_ioctl|ioctl)|^__sock_release|^compat_sock_ioctl|^(?:setsockopt|listen|accept)$|kernel_(?:setsockopt|listen|accept)|sock_common_setsockopt|sk_common_release|^(?:nfnetlink|rtnetlink)_rcv_msg|^netlink_dump|^(?:sys_)?(?:socketpair|connect|ioctl)/,
  },
  { of: 'page faults', names: /__do_fault|do_page_fault|^page_fault$/ },
  { of: 'the way back to user space', names: /task_work_run|exit_to_usermode/ },
];

let any: RegExp | undefined;

/** Whether a function dispatches work. @param name as it stands in titles (title-names.ts) */
export function isDispatcher(name: string): boolean {
  any ??= new RegExp(dispatchers.map((d) => d.names.source).join('|'));
  return any.test(name);
}
