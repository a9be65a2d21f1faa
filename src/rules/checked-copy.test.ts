import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeCase } from '../../test/build/made-case.ts';
import { checkedCopy } from './checked-copy.ts';

const CUT = '------------[ cut here ]------------';

function run(log: string[], symbols: string[]) {
  const frames = symbols.map((name, i) => {
    const [symbol = '', module] = name.split(' ');
    return { symbol, ...(module && { module }), ...(i === 0 && { registers: {} }) };
  });
  return [...checkedCopy.check(madeCase({ log: [...log, CUT, 'kernel BUG at lib/thing.c:12!'], frames }))];
}

test('FORTIFY says who copied, and how much where it knows', () => {
  const frames = ['fortify_panic', 'engraves.cold m', 'starts m'];
  const [old] = run(['detected buffer overflow in memcpy'], frames);
  assert.match(old?.title.en ?? '', /^memcpy\(\) beyond a buffer in engraves \[m\]$/);
  assert.deepEqual(old?.subject, { function: 'engraves', module: 'm' });
  const [young] = run(
    ['strlcat: detected buffer overflow: 20 byte write of buffer size 8'],
    ['__fortify_panic', 'joins'],
  );
  assert.match(young?.sentence.en ?? '', /joins called strlcat\(\).*: a write of 20 bytes, where there are 8;/);
  assert.deepEqual(young?.evidence[0]?.value, 'strlcat: detected buffer overflow: 20 byte write of buffer size 8');
});

test('what FORTIFY said in a warning of its own, with registers and a stack behind it, is found', () => {
  const said = 'memcpy: detected buffer overflow: 64 byte write of buffer size 24';
  const warning = 'WARNING: CPU: 1 PID: 274 at lib/string_helpers.c:1032 __fortify_report+0x43/0x50';
  const stack = Array.from({ length: 40 }, (_, i) => ` frame_${i}+0x1/0x2`);
  const frames = ['__fortify_panic', 'engraves.cold m'];
  const [found] = run([CUT, said, warning, ...stack, '---[ end trace 0000000000000000 ]---'], frames);
  assert.match(
    found?.sentence.en ?? '',
    /engraves \[m\] called memcpy\(\).*: a write of 64 bytes, where there are 24;/,
  );
  const other = 'WARNING: CPU: 1 PID: 274 at lib/thing.c:1 thing+0x43/0x50';
  assert.deepEqual(run([CUT, said, other, ...stack], frames), []);
});

test('hardened usercopy names the object, and who asked for the copy behind the functions that pass it on', () => {
  const line = "usercopy: Kernel memory exposure attempt detected from SLUB object 'things' (offset 8, size 352)!";
  const [found] = run(
    [line],
    ['usercopy_abort', '__check_heap_object', '__check_object_size', '_copy_to_iter', 'shows m'],
  );
  assert.match(
    found?.sentence.en ?? '',
    /shows \[m\] asked to copy 352 bytes at offset 8 of SLUB object things to user/,
  );
  assert.deepEqual(found?.subject, { function: 'shows', module: 'm', cache: 'things' });
  const stack = 'usercopy: Kernel memory overwrite attempt detected to process stack (offset 0, size 64)!';
  const [other] = run([stack], ['usercopy_abort', '__check_object_size.part.0', 'takes']);
  assert.match(other?.title.en ?? '', /from user space to beyond process stack in takes/);
});

test('another assertion, or words long before it, are no refused copy', () => {
  assert.deepEqual(run(['detected buffer overflow in memcpy'], ['other_function']), []);
  const long = Array.from({ length: 8 }, (_, i) => `line ${i}`);
  assert.deepEqual(run(['detected buffer overflow in memcpy', ...long], ['fortify_panic', 'engraves']), []);
});
