import { test } from 'node:test';
import { checkTitles, TRACE } from '../../test/corpus/title-rows.ts';

test('KASAN, from 4.4 to 6.x', () => {
  const task = 'by task a/7';
  checkTitles([
    [
      `BUG: KASAN: slab-out-of-bounds in memcpy+0x1/0x2 at addr ffff8800\nRead of size 8 ${task}`,
      TRACE,
      'KASAN: slab-out-of-bounds Read in turn_knob',
      'KASAN-READ',
    ],
    [
      `BUG: KASAN: slab-use-after-free in turn_knob+0x1/0x2\nWrite of size 8 at addr ffff8800 ${task}`,
      TRACE,
      'KASAN: slab-use-after-free Write in turn_knob',
      'KASAN-USE-AFTER-FREE-WRITE',
    ],
    [
      `BUG: KASAN: vmalloc-out-of-bounds in __list_add_valid+0x1/0x2\nWrite of size 8 at addr ffff8800 ${task}`,
      TRACE,
      'KASAN: vmalloc-out-of-bounds Write in turn_knob',
      'KASAN-WRITE',
    ],
    [
      `BUG: KASAN: null-ptr-deref in atomic_inc+0x1/0x2\nWrite of size 4 at addr 0000000000000010 ${task}`,
      TRACE,
      'KASAN: null-ptr-deref Write in turn_knob',
      'KASAN-NULL-POINTER-DEREFERENCE-WRITE',
    ],
    [
      `BUG: KASAN: user-memory-access on address 0000000000001008\nRead of size 4 ${task}`,
      TRACE,
      'KASAN: user-memory-access Read',
      'KASAN-READ',
    ],
    [
      `BUG: KASAN: invalid-access in strlen+0x1/0x2\nRead at addr f0ff000002fc2600 ${task}`,
      `Call_trace: el1h_64_sync_handler do_tag_check_fault strlen turn_knob`,
      'KASAN: invalid-access Read in turn_knob',
      'KASAN-READ',
    ],
    [
      `BUG: KASAN: double-free or invalid-free in kfree+0x1/0x2\n`,
      TRACE,
      'KASAN: invalid-free in turn_knob',
      'KASAN-INVALID-FREE',
    ],
    [
      `BUG: KASAN: double-free in kfree+0x1/0x2\nFree of addr ffff8880 ${task}`,
      TRACE,
      'KASAN: invalid-free in turn_knob',
      'KASAN-INVALID-FREE',
    ],
    [
      `BUG: KASAN: use-after-scope in turn_knob+0x1/0x2\nRead of size 8 at addr ffff8800 ${task}`,
      TRACE,
      'KASAN: use-after-scope Read in turn_knob',
      'KASAN-UNKNOWN',
    ],
  ]);
});

test('the other sanitizers', () => {
  const origin = 'Uninit_was_created_at: slab_alloc_node kmalloc_trace press_button';
  checkTitles([
    [
      'BUG: KMSAN: uninit-value in turn_knob+0x1/0x2',
      `turn_knob press_button ${origin}`,
      'KMSAN: uninit-value in turn_knob',
      'KMSAN-UNINIT-VALUE',
    ],
    [
      'BUG: KMSAN: kernel-infoleak in _copy_to_user+0x1/0x2',
      `instrument_copy_to_user _copy_to_user turn_knob ${origin}`,
      'KMSAN: kernel-infoleak in turn_knob',
      'KMSAN-INFO-LEAK',
    ],
    [
      'BUG: KMSAN: kernel-infoleak-after-free in _copy_to_iter+0x1/0x2',
      `_copy_to_iter turn_knob ${origin}`,
      'KMSAN: kernel-infoleak-after-free in turn_knob',
      'KMSAN-USE-AFTER-FREE-READ',
    ],
    [
      'BUG: KMSAN: uninit-value in aes_encrypt+0x1/0x2',
      `aes_encrypt crypto_skcipher_encrypt turn_knob ${origin}`,
      'KMSAN: uninit-value in turn_knob',
    ],
    [
      'BUG: KCSAN: data-race in press_button / turn_knob',
      TRACE,
      'KCSAN: data-race in press_button / turn_knob',
      'KCSAN-DATARACE',
    ],
    ['BUG: KCSAN: data-race in turn_knob+0x10/0x20', TRACE, 'KCSAN: data-race in turn_knob', 'KCSAN-DATARACE'],
    [
      'BUG: KCSAN: assert: race in press_button / turn_knob',
      TRACE,
      'KCSAN: assert: race in press_button / turn_knob',
      'KCSAN-ASSERT',
    ],
    [
      'BUG: KFENCE: use-after-free read in turn_knob+0x1/0x2\n\nUse-after-free read at 0x000000001 (in kfence-#23):',
      'turn_knob press_button',
      'KFENCE: use-after-free read in turn_knob',
      'KFENCE-USE-AFTER-FREE-READ',
    ],
    [
      'BUG: KFENCE: invalid free in kfree+0x1/0x2\n\nInvalid free of 0x000000001 (in kfence-#23):',
      'kfree turn_knob',
      'KFENCE: invalid free in turn_knob',
      'KFENCE-INVALID-FREE',
    ],
    [
      'UBSAN: Undefined behaviour in a/b.c:1:2\nsigned integer overflow:',
      `Call_Trace: dump_stack ubsan_epilogue handle_overflow __ubsan_handle_add_overflow turn_knob`,
      'UBSAN: undefined-behaviour in turn_knob',
      'UBSAN',
    ],
    [
      'UBSAN: array-index-out-of-bounds in a/b.c:1:2\nindex 9 is out of range',
      `Call_Trace: __ubsan_handle_out_of_bounds turn_knob`,
      'UBSAN: array-index-out-of-bounds in turn_knob',
      'MEMORY_SAFETY_UBSAN',
    ],
    [
      'UBSAN: shift-out-of-bounds in a/b.c:1:2',
      `Call_Trace: __ubsan_handle_shift_out_of_bounds turn_knob`,
      'UBSAN: shift-out-of-bounds in turn_knob',
      'UBSAN',
    ],
  ]);
});
