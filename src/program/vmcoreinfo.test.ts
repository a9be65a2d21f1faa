import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Vmcoreinfo } from './vmcoreinfo.ts';

test('the documented kinds of line', () => {
  const info = new Vmcoreinfo(
    [
      'OSRELEASE=6.1.0-1-test',
      'PAGESIZE=4096',
      'SYMBOL(init_uts_ns)=ffffffff82a16940',
      'OFFSET(list_head.next)=0',
      'SIZE(page)=64',
      'LENGTH(zone.free_area)=11',
      'NUMBER(phys_base)=-1048576',
      'NUMBER(PHYS_OFFSET)=0x40000000',
      'KERNELOFFSET=1c000000',
      'CRASHTIME=1700000000',
      'not a line',
    ].join('\n'),
  );
  assert.equal(info.release, '6.1.0-1-test');
  assert.equal(info.pageSize, 4096);
  assert.equal(info.symbol('init_uts_ns'), 0xffffffff82a16940n);
  assert.equal(info.offset('list_head.next'), 0);
  assert.equal(info.size('page'), 64);
  assert.equal(info.length('zone.free_area'), 11);
  assert.equal(info.number('phys_base'), -1048576n);
  assert.equal(info.number('PHYS_OFFSET'), 0x40000000n);
  assert.equal(info.hex('KERNELOFFSET'), 0x1c000000n);
  assert.equal(info.crashTime, 1700000000);
  assert.equal(info.symbol('missing'), undefined);
});

test('nonsense is absent, not NaN', () => {
  const info = new Vmcoreinfo('PAGESIZE=5000\nSIZE(x)=-3\nSYMBOL(y)=zz\nNUMBER(z)=12x\nCRASHTIME=0\n');
  assert.equal(info.pageSize, undefined);
  assert.equal(info.size('x'), undefined);
  assert.equal(info.symbol('y'), undefined);
  assert.equal(info.number('z'), undefined);
  assert.equal(info.crashTime, undefined);
});
