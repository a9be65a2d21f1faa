import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEsr, faultStatus } from './fault-arm.ts';
import { readFault } from './fault-facts.ts';

test('an ESR field by field', () => {
  const write = decodeEsr(0x96000047);
  assert.equal(write.find((f) => f.name === 'WnR')?.meaning, 'write');
  assert.equal(write.find((f) => f.name === 'DFSC')?.meaning, 'level 3 translation fault');
  const fetch = decodeEsr(0x8600000f);
  assert.equal(fetch.find((f) => f.name === 'EC')?.meaning, 'instruction abort, current EL');
  assert.equal(fetch.find((f) => f.name === 'IFSC')?.meaning, 'level 3 permission fault');
  assert.equal(
    fetch.find((f) => f.name === 'WnR'),
    undefined,
  );
  assert.deepEqual(
    decodeEsr(0xf2000800).map((f) => f.name),
    ['EC', 'IL', 'ISS'],
  );
  assert.equal(faultStatus(0x10), 'synchronous external abort');
  assert.equal(faultStatus(0x2b), 'level -1 translation fault');
  assert.equal(faultStatus(0x3f), 'reserved fault status 0x3f');
});

test('x86: three generations of wording', () => {
  const old = readFault([
    'BUG: unable to handle kernel NULL pointer dereference at 0000000000000286',
    'Oops: 0010 [#1] SMP',
  ]);
  assert.deepEqual([old?.address, old?.access, old?.code], ['0x286', 'execute', '0x0010']);
  const recent = readFault([
    'BUG: unable to handle page fault for address: ffffffffc05cd2c0',
    '#PF: supervisor write access in kernel mode',
    '#PF: error_code(0x0003) - permissions violation',
    'PGD 17e15067 P4D 17e15067 PUD 17e17067 PMD 1f3d6067 PTE 8000000017cd2163',
  ]);
  assert.deepEqual(
    [recent?.address, recent?.access, recent?.reason],
    ['0xffffffffc05cd2c0', 'write', 'supervisor write, protection violation'],
  );
  assert.equal(recent?.pageTable.at(-1)?.value, '8000000017cd2163');
  const wild = readFault([
    'Oops: general protection fault, probably for non-canonical address 0xdffffc0000000002: 0000 [#1]',
  ]);
  assert.equal(wild?.address, '0xdffffc0000000002');
});

test('other architectures', () => {
  const s390 = readFault([
    'Unable to handle kernel pointer dereference in virtual kernel address space',
    'Failing address: 0000000000000000 TEID: 0000000000000483',
  ]);
  assert.deepEqual([s390?.address, s390?.access, s390?.reason], ['0x0', 'write', 'access in home space']);
  const ppc = readFault([
    'BUG: Kernel NULL pointer dereference on read at 0x00000018',
    'CFAR: c000000000021ed0 DAR: 0000000000000018 DSISR: 40000000 IRQMASK: 0',
  ]);
  assert.deepEqual([ppc?.address, ppc?.access, ppc?.reason], ['0x18', 'read', 'no translation found']);
  const riscv = readFault(['status: 0000000200000120 badaddr: 00000000000000d0 cause: 000000000000000f']);
  assert.deepEqual([riscv?.address, riscv?.access, riscv?.reason], ['0xd0', 'write', 'store page fault']);
  const loong = readFault([' BADV: 00000000000000d0', 'ESTAT: 00010000 [PIL] (IS= ECode=1 EsubCode=0)']);
  assert.deepEqual([loong?.address, loong?.access, loong?.reason], ['0xd0', 'read', 'page invalid for load']);
  const arm = readFault(['Unhandled fault: page domain fault (0x81b) at 0x00000e30', 'pgd = e852c1e3']);
  assert.deepEqual([arm?.address, arm?.access, arm?.code], ['0xe30', 'write', '0x81b']);
  const arm7 = readFault(['Unable to handle kernel NULL pointer dereference at virtual address 00000004 when write']);
  assert.deepEqual([arm7?.address, arm7?.access], ['0x4', 'write']);
  assert.equal(readFault(['nothing of the kind']), undefined);
});
