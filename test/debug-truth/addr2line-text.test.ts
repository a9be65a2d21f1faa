import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainText, parseAddr2line, plainPath, sameChain } from './addr2line-text.ts';

test('answers of GNU, LLVM and elfutils', () => {
  const gnu =
    '0xffffffff81000010\ninner\n/src/./a.h:12 (discriminator 3)\nouter\n/src/a.c:7\n0x0000000000000020\n??\n??:0\n';
  const llvm = '0xffffffff81000010\ninner\n/src/a.h:12\nouter\n/src/b/../a.c:7\n\n0x20\n??\n??:0\n';
  const elfutils =
    '0xffffffff81000010\ninner inlined at /src/a.c:7:3 in outer\n/src/a.h:12:9\nouter\n/src/a.c:7:3\n0x20\n??\n??:?\n';
  const [first, ...others] = [gnu, llvm, elfutils].map(parseAddr2line);
  for (const other of others) {
    assert.equal(other.length, 2);
    for (const i of [0, 1]) assert.ok(sameChain(first?.[i] ?? [], other[i] ?? []), chainText(other[i]));
  }
  assert.equal(chainText(first?.[0]), 'inner /src/a.h:12 < outer /src/a.c:7');
  assert.deepEqual(first?.[1], [{ name: '', file: '', line: 0 }]);
});

test('paths', () => {
  assert.equal(plainPath('a/./b//c/../d.h'), 'a/b/d.h');
  assert.equal(plainPath('../x/../../y.h'), '../../y.h');
  assert.equal(plainPath('/../a.h'), '/../a.h');
  assert.equal(sameChain([{ name: 'f', file: 'a', line: 1 }], [{ name: 'f', file: 'a', line: 2 }]), false);
});
