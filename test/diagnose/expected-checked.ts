import type { Expected } from './expected.ts';

const FREED_INODE: Expected = {
  says: /slab-use-after-free.*ext4_inode_info.*inode 13.*had been freed in mode_(?:rcu)?inode/s,
  cache: /^ext4_inode_cache$/,
  module: 'labcrash',
  object: true,
};
const barge = (says: RegExp): Expected => ({ says, module: 'labkasan', cache: /^kasan_barge$/, object: true });
const memory = (says: RegExp): Expected => ({ says, module: 'labkasan' });

/** Of the kernel with KASAN, page_owner and lockdep, where they find more than another kernel, or something else. */
export const EXPECTED_CHECKED: Readonly<Record<string, Expected>> = {
  dfree: {
    says: /double-free.*had been freed in gadget_free.*allocated in make_and_break/s,
    function: /^gadget_free$/,
    module: 'labcrash',
    object: true,
  },
  inode: FREED_INODE,
  rcuinode: FREED_INODE,
  handfreed: barge(
    /slab-use-after-free.*read of 8 bytes at offset 0x98.*had been freed in shipbreaker.*allocated in barge_build/s,
  ),
  rcufreed: barge(/had been freed by a callback that mode_rcufreed/),
  workfreed: barge(/had been freed by a callback that mode_workfreed/),
  rcuqueued: barge(/slab-use-after-free.*had been freed in mode_rcuqueued/s),
  rcutwice: barge(/double-free.*had been freed in mode_rcutwice/s),
  cargo: barge(/slab-out-of-bounds.*write of 4 bytes at offset 0xa4 of 160 bytes/s),
  beyond: { ...memory(/write of 1 byte at offset 0x2b of 43 bytes/), cache: /^kmalloc-64$/, object: true },
  twice: { ...memory(/double-free.*had been freed in mode_twice/s), cache: /^kmalloc-128$/, object: true },
  inside: { ...memory(/invalid-free.*a free at offset 0x10/s), cache: /^kmalloc-128$/, object: true },
  large: memory(/right behind the 12188 bytes that were asked for.*allocated in mode_large/s),
  page: memory(/in a page that is free.*had been freed in mode_page.*allocated in mode_page/s),
  vmalloc: memory(/100 bytes beyond the 5000 bytes of an area of vmalloc that mode_vmalloc/),
  vgone: memory(/in an area of vmalloc that was given back/),
  stack: memory(/stack of lab-crash.*in the frame of mode_stack.*right behind its variable second of 13 bytes/s),
  global: memory(/the variable pier_names \[labkasan\], 3 bytes beyond its 50 bytes/),
  bounds: { says: /Trap of the compiler in mode_bounds/, function: /^mode_bounds$/, module: 'labkasan' },
  timer: memory(/ODEBUG: free active.*called by mode_timer/s),
  readers: { says: /asked for|sysrq/i },
  spinab: { says: /Deadlock.*port.*starboard/s, module: 'labkasan', object: true },
  spinkept: { says: /Soft lockup.*keeps_port/s, function: /^keeps_port$/, module: 'labkasan' },
};
