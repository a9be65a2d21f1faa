import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MadeDeath, madeCase } from '../../test/build/made-case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { pageBadState } from './page-bad-state.ts';
import { pageTableEntry } from './page-table-entry.ts';

const run = (rule: Rule, death: MadeDeath) => [...rule.check(madeCase(death))];

const BAD = [
  'BUG: Bad page state in process sh (old)  pfn:11940',
  'page:000000003264bdf2 refcount:0 mapcount:0 mapping:0000000000000000 index:0x0 pfn:0x11940',
  'flags: 0xfffffc0000001(locked|node=0|zone=1|lastcpupid=0x1fffff)',
  'page dumped because: PAGE_FLAGS_CHECK_AT_FREE flag(s) set',
];

test('a page in a bad state, and who gave it back where the kernel stopped there', () => {
  const frames = [
    { symbol: 'panic' },
    { symbol: 'bad_page.cold' },
    { symbol: '__free_pages_ok' },
    { symbol: 'gives', module: 'm' },
  ];
  const [stopped] = run(pageBadState, {
    log: BAD,
    frames,
    panic: 'Kernel panic - not syncing: panic_on_taint set ...',
  });
  assert.equal(stopped?.severity, 'cause');
  assert.match(
    stopped?.sentence.en ?? '',
    /page frame 11940 .*\(PAGE_FLAGS_CHECK_AT_FREE flag\(s\) set\), in process sh \(old\)/,
  );
  assert.deepEqual(stopped?.subject, { function: 'gives', module: 'm' });
  assert.deepEqual(
    stopped?.evidence.map((e) => e.value),
    [BAD[0], BAD[3], BAD[2]],
  );
});

test('one that the kernel survived is a suspect of what came later, and nobody is blamed for it', () => {
  const log = [...BAD, 'BUG: kernel NULL pointer dereference, address: 0000000000000018'];
  const [found] = run(pageBadState, {
    log,
    frames: [{ symbol: 'other' }],
    panic: 'Kernel panic - not syncing: Fatal exception',
  });
  assert.equal(found?.severity, 'suspect');
  assert.equal(found?.subject, undefined);
  assert.deepEqual(run(pageBadState, { log: ['nothing of it'] }), []);
});

const fault = (code: string) => [
  'BUG: unable to handle page fault for address: ffffd198800c5070',
  `#PF: error_code(0x${code}) - not-present page`,
  'PGD 1000067 P4D 1000067 PUD 11b2067 PMD 11b3067 PTE 800400001cfb7163 ',
];

test('a reserved bit in the page tables: the entry that the kernel printed last', () => {
  const frames = [{ symbol: 'reads', module: 'm', registers: {} }];
  const [found] = run(pageTableEntry, { log: fault('0009'), frames });
  assert.match(
    found?.sentence.en ?? '',
    /used 0xffffd198800c5070, .*: PTE 800400001cfb7163: the entry was written over/,
  );
  assert.equal(found?.evidence[0]?.value, '#PF: error_code(0x0009) - not-present page');
  assert.deepEqual(run(pageTableEntry, { log: fault('0002'), frames }), []);
});
