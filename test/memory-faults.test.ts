import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose } from '../src/diagnosis/diagnose.ts';
import { openCase } from '../src/diagnosis/open-case.ts';
import { hugePageSizes } from '../src/kernel/hugetlb.ts';
import { structAt } from '../src/kernel/module-struct.ts';
import { mounts } from '../src/kernel/mount.ts';
import { pageCacheFiles } from '../src/kernel/page-cache.ts';
import { memoryNodeRecords } from '../src/kernel/zone.ts';
import { openProgram } from '../src/open.ts';
import type { Program } from '../src/program/program.ts';
import type { RankedFinding } from '../src/report/finding-data.ts';
import { rules } from '../src/rules/index.ts';
import { FullSession } from '../src/session/full-session.ts';
import { patchedMemory } from './build/patched-memory.ts';
import { openSample, SAMPLES } from './build/sample-dump.ts';
import { checkEvidence } from './diagnose/check-evidence.ts';

/** A word of the kernel that is to have another value: where, how many bytes, what. */
type Patch = readonly [address: bigint, size: 4 | 8, value: bigint];

const PAGE = 4096;
const MEMORY_RULES = rules.filter((r) => /^(?:memory|fs)\./.test(r.id));

/** What the rules of memory and storage find in a sample whose memory was changed; every value of their evidence is looked for. */
function findingsWith(name: (typeof SAMPLES)[number], patches: (prog: Program) => readonly Patch[]): RankedFinding[] {
  const { image, close } = openSample(name);
  try {
    const sound = openProgram(image);
    const pages = new Map<number, Uint8Array>();
    for (const [address, size, value] of patches(sound)) patch(sound, pages, address, size, value);
    const prog = openProgram({ ...image, memory: patchedMemory(image.memory, pages) });
    const { findings, problems } = diagnose(openCase(prog), MEMORY_RULES);
    assert.deepEqual(problems, []);
    const { wrong } = checkEvidence(new FullSession(prog, { dumpNames: ['dump'] }), findings);
    assert.deepEqual(wrong, []);
    return [...findings];
  } finally {
    close();
  }
}

function patch(prog: Program, pages: Map<number, Uint8Array>, address: bigint, size: 4 | 8, value: bigint): void {
  const place = prog.map.translate(address);
  assert.ok(typeof place !== 'string', `0x${address.toString(16)} is not mapped`);
  const pfn = Math.floor(place.phys / PAGE);
  let page = pages.get(pfn);
  if (!page) {
    page = new Uint8Array(PAGE);
    prog.physical.read(pfn * PAGE, page);
    pages.set(pfn, page);
  }
  const view = new DataView(page.buffer);
  if (size === 8) view.setBigUint64(place.phys % PAGE, BigInt.asUintN(64, value), true);
  else view.setUint32(place.phys % PAGE, Number(BigInt.asUintN(32, value)), true);
}

const brief = (found: readonly RankedFinding[]) => found.map((f) => `${f.severity} ${f.rule}`);

/** Every zone gets this many free pages and none that could be reclaimed. */
function drained(prog: Program, free: bigint): Patch[] {
  const counters = BigInt(prog.offset('zone', 'vm_stat'));
  return memoryNodeRecords(prog).nodes.flatMap((node) =>
    node.zones
      .filter((z) => z.managed > 0)
      .flatMap((z) =>
        [...z.counters.keys()].map((name, i): Patch => {
          const at = z.address + counters + BigInt(i * 8);
          return [at, 8, name === 'NR_FREE_PAGES' ? free : 0n];
        }),
      ),
  );
}

for (const name of SAMPLES) {
  test(`${name}: as it is, nothing of memory or storage is accused`, () => {
    assert.deepEqual(brief(findingsWith(name, () => [])), []);
  });

  test(`${name}: drained zones are an exhausted memory`, () => {
    const [first] = findingsWith(name, (prog) => drained(prog, 100n));
    assert.equal(first?.rule, 'memory.exhausted');
    assert.equal(first.severity, 'suspect');
  });

  test(`${name}: ext4 with errors, an aborted journal and a failed write`, () => {
    const [found, ...rest] = findingsWith(name, (prog) => {
      const mount = mounts(prog).mounts.find((m) => m.type === 'ext4');
      assert.ok(mount);
      const superblock = prog.at('super_block', mount.superblock);
      const sbi = structAt(prog, 'ext4_sb_info', superblock.get('s_fs_info').toBigInt());
      const journal = sbi.get('s_journal').deref();
      const state = sbi.get('s_mount_state');
      return [
        [state.address, 4, BigInt(prog.memory.u32(state.address)) | 2n],
        [journal.get('j_flags').address, 8, journal.get('j_flags').toBigInt() | 2n],
        [journal.get('j_errno').address, 4, -5n],
        [superblock.get('s_wb_err').address, 4, 0x3005n],
      ];
    });
    assert.deepEqual(rest, []);
    assert.equal(found?.rule, 'fs.error');
    assert.deepEqual(
      found.evidence.map((e) => e.value),
      ['has errors', 'aborted with error -5', 'a write failed with error -5'],
    );
  });

  test(`${name}: a file that holds a third of the memory`, () => {
    const [found] = findingsWith(name, (prog) => {
      const file = pageCacheFiles(prog, { files: 50, inodes: 20_000 }).files.find((f) => f.filesystem === 'ext4');
      assert.ok(file);
      const count = prog.offset('inode', 'i_data') + prog.offset('address_space', 'nrpages');
      return [[file.inode + BigInt(count), 8, 19_000n]];
    });
    assert.equal(found?.rule, 'memory.page-cache');
    assert.match(
      found.sentence.en,
      /are pages of \/mnt\/file\d, which no process has open; they are given back when memory is needed/,
    );
  });
}

test('a file that processes use, and the pools of huge pages', () => {
  const found = findingsWith('amd64-6.1-softirq', (prog) => {
    const { files } = pageCacheFiles(prog, { files: 50, inodes: 20_000 });
    const file = files.find((f) => f.path === '/bin/busybox');
    const pool = hugePageSizes(prog).find((size) => size.bytes === 2 ** 21);
    assert.ok(file && pool);
    const count = prog.offset('inode', 'i_data') + prog.offset('address_space', 'nrpages');
    return [
      [file.inode + BigInt(count), 8, 20_000n],
      [pool.address + BigInt(prog.offset('hstate', 'nr_huge_pages')), 8, 20n],
      [pool.address + BigInt(prog.offset('hstate', 'free_huge_pages')), 8, 19n],
    ];
  });
  assert.deepEqual(brief(found), ['context memory.page-cache', 'context memory.huge-page-pools']);
  assert.match(
    found[0]?.sentence.en ?? '',
    /used by init \(pid 1, mmap\), sleep \(pid \d+, mmap\); they can be reclaimed/,
  );
  assert.match(found[1]?.sentence.en ?? '', /38 MB \(17%\) of the memory are in 19 free huge pages of 20/);
});

test('the settings of overcommitting, where the kernel lists its variables', () => {
  const set = (mode: bigint, ratio: bigint) =>
    brief(
      findingsWith('amd64-6.1-softirq', (prog) => [
        [prog.symbol('sysctl_overcommit_memory'), 4, mode],
        [prog.symbol('sysctl_overcommit_ratio'), 4, ratio],
      ]),
    );
  assert.deepEqual(set(0n, 10n), ['context memory.overcommit']);
  assert.deepEqual(set(2n, 10n), ['suspect memory.overcommit']);
  assert.deepEqual(set(2n, 90n), []);
});

test('swap space that is full', () => {
  const found = findingsWith('amd64-6.1-softirq', (prog) => [
    [prog.symbol('nr_swap_pages'), 8, 0n],
    [prog.memory.ulong(prog.symbol('swap_info')) + BigInt(prog.offset('swap_info_struct', 'inuse_pages')), 4, 32767n],
  ]);
  assert.deepEqual(brief(found), ['context memory.swap']);
});
