import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConsole } from './console.ts';
import {
  parseBuddyInfo,
  parseCounters,
  parseDevices,
  parseFds,
  parseInet,
  parseInterrupts,
  parseLocks,
  parseMaps,
  parseMemInfo,
  parseResources,
  parseSlabInfo,
  parseSwaps,
  parseTimerList,
  parseUnix,
  parseZoneInfo,
  unescapeName,
} from './proc-text.ts';

test('vmstat and meminfo', () => {
  assert.deepEqual(parseCounters(['nr_free_pages 91888', 'torn nr_', '']), [{ name: 'nr_free_pages', value: 91888 }]);
  assert.deepEqual(parseMemInfo(['Active(anon):       2752 kB', 'HugePages_Total:       0', 'Mem']), [
    { name: 'Active(anon)', value: 2752 },
    { name: 'HugePages_Total', value: 0 },
  ]);
});

test('slabinfo', () => {
  const line =
    'MPTCPv6                3     15   2176   15    8 : tunables    0    0    0 : slabdata      1      2      0';
  const want = { name: 'MPTCPv6', active: 3, total: 15, size: 2176, perSlab: 15, pagesPerSlab: 8, slabs: 2 };
  assert.deepEqual(parseSlabInfo(['slabinfo - version: 2.1', line, line.slice(0, 60)]), [want]);
});

test('zoneinfo keeps what is of the zone', () => {
  const [dma, normal, ...more] = parseZoneInfo([
    'Node 0, zone      DMA',
    '  per-node stats',
    '      nr_inactive_anon 13423',
    '  pages free     3808',
    '        boost    1',
    '        min      22',
    '        protection: (0, 444, 444)',
    '      nr_free_pages 3808',
    '  pagesets',
    '    cpu: 0',
    '              high: 7',
    'Node 1, zone   Normal',
    '  pages free     9',
  ]);
  assert.equal(more.length, 0);
  assert.equal(dma?.name, 'DMA');
  const values = [...(dma?.values ?? [])];
  assert.deepEqual(values, [
    ['free', 3808],
    ['boost', 1],
    ['min', 22],
    ['nr_free_pages', 3808],
  ]);
  assert.deepEqual(dma?.protection, [0, 444, 444]);
  assert.deepEqual([normal?.node, normal?.name, normal?.values.get('free')], [1, 'Normal', 9]);
});

test('buddyinfo and swaps', () => {
  assert.deepEqual(parseBuddyInfo(['Node 0, zone    DMA32      2      1     83 ']), [
    { node: 0, zone: 'DMA32', blocks: [2, 1, 83] },
  ]);
  const line = '/dev/my\\040disk                          partition\t131068\t\t12\t\t-2';
  assert.deepEqual(parseSwaps(['Filename\tType\tSize\tUsed\tPriority', line]), [
    { path: '/dev/my disk', kind: 'partition', sizeKiB: 131068, usedKiB: 12, priority: -2 },
  ]);
  assert.equal(unescapeName('a\\011b'), 'a\tb');
});

test('maps and descriptors of a process', () => {
  const lines = [
    '7fa09249e000-7fa0924ae000 rw-s 00001000 fe:00 33                         /mnt/a file',
    '004d9000-004ff000 rw-p 00000000 00:00 0 ',
    'ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]',
  ];
  const [file, anonymous, ...more] = parseMaps(lines);
  assert.deepEqual(file, {
    start: 0x7fa09249e000n,
    end: 0x7fa0924ae000n,
    permissions: 'rw-s',
    offset: 0x1000n,
    device: 'fe:00',
    inode: 33n,
    name: '/mnt/a file',
  });
  assert.equal(anonymous?.name, '');
  assert.equal(more.length, 0);
  assert.deepEqual(parseFds(['16 25 0100002 /tmp/unlinked (deleted)', '17']), [
    { fd: 16, position: 25n, flags: 0o100002, path: '/tmp/unlinked (deleted)' },
  ]);
});

test('interrupts: only lines with a count for each CPU', () => {
  const found = parseInterrupts([
    '           CPU0       CPU1       ',
    ' 24:          0          7   PCI-MSI 49152-edge      virtio1-config',
    ' 25:          0',
    'NMI:          0          0   Non-maskable interrupts',
    '  11:       3698       3352  GIC-0   27 Level     arch_timer',
  ]);
  assert.deepEqual(found, [
    { irq: 24, counts: [0, 7], text: 'PCI-MSI 49152-edge      virtio1-config' },
    { irq: 11, counts: [3698, 3352], text: 'GIC-0   27 Level     arch_timer' },
  ]);
});

test('timer_list', () => {
  const { now, timers } = parseTimerList([
    'now at 13381594600 nsecs',
    'cpu: 1',
    ' clock 2:',
    'active timers:',
    ' #0: <00000000ef2f7317>, tick_sched_timer, S:01',
    ' # expires at 13376000000-13376000001 nsecs [in -5594600 to -5594600 nsecs]',
  ]);
  assert.equal(now, 13381594600n);
  const want = { cpu: 1, clock: 2, function: 'tick_sched_timer', softExpires: 13376000000n, expires: 13376000001n };
  assert.deepEqual(timers, [want]);
});

test('sockets', () => {
  const tcp =
    '   1: 0100007F:D064 0100007F:1267 01 00000000:00000000 00:00000000 00000000     0        0 11151 1 0000000005576460 23 0';
  assert.deepEqual(parseInet(['  sl  local_address rem_address   st', tcp]), [
    { local: '127.0.0.1:53348', remote: '127.0.0.1:4711', state: 1, inode: 11151n },
  ]);
  const six = tcp.replace('0100007F:D064', '00000000000000000000000001000000:1538');
  assert.equal(parseInet([six])[0]?.local, '0:0:0:0:0:0:0:1:5432');
  assert.deepEqual(parseUnix(['000000001395a7bc: 00000002 00000000 00010000 0001 01   154 /tmp/lab.sock']), [
    { listens: true, connected: false, type: 1, inode: 154n, path: '/tmp/lab.sock' },
  ]);
  assert.equal(parseUnix(['00000000c3850750: 00000003 00000000 00000000 0002 03 11158'])[0]?.path, '');
});

test('device numbers', () => {
  assert.deepEqual(
    parseDevices(['Character devices:', '  4 /dev/vc/0', '128 ptm', '', 'Block devices:', '254 virtblk']),
    [
      { kind: 'char', major: 4, name: '/dev/vc/0' },
      { kind: 'char', major: 128, name: 'ptm' },
      { kind: 'block', major: 254, name: 'virtblk' },
    ],
  );
});

test('resources and locks', () => {
  assert.deepEqual(parseResources(['00001000-0009fbff : System RAM', '  000f0000-000fffff : System ROM']), [
    { depth: 0, start: 0x1000n, end: 0x9fbffn, name: 'System RAM' },
    { depth: 1, start: 0xf0000n, end: 0xfffffn, name: 'System ROM' },
  ]);
  const [held, waits] = parseLocks([
    '2: POSIX  ADVISORY  WRITE 169 fe:00:33 100 149',
    '1: -> FLOCK  ADVISORY  READ  -1 fe:00:54 0 EOF',
  ]);
  const common = { inode: 33n, start: 100n, end: 149n };
  assert.deepEqual(held, { waiting: 0, kind: 'POSIX', access: 'WRITE', pid: 169, ...common });
  assert.deepEqual([waits?.waiting, waits?.kind, waits?.pid, waits?.end], [1, 'FLOCK', -1, undefined]);
});

test('a line of the console that another CPU cut short is taken as it was printed again', () => {
  const text = [
    '[    1.000001] whole',
    '[    1.000002]  mapped:595 shmem:668 ',
    '** replaying previous printk message **',
    '[    1.000002]  mapped:595 shmem:668 pagetables:781',
  ];
  assert.deepEqual(
    parseConsole(text.join('\r\n')).kernel.map((l) => l.text),
    ['whole', ' mapped:595 shmem:668 pagetables:781'],
  );
});
