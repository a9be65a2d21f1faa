import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BpfNames, bpfInstructions } from './bpf.ts';

/** One slot: opcode, destination and source register, offset, immediate; little-endian. */
function slot(opcode: number, dst = 0, src = 0, off = 0, imm = 0): number[] {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, opcode);
  view.setUint8(1, (src << 4) | dst);
  view.setInt16(2, off, true);
  view.setInt32(4, imm, true);
  return [...bytes];
}

function texts(code: readonly number[], names?: BpfNames): string[] {
  return bpfInstructions(Uint8Array.from(code), true, names).map(({ text }) => text);
}

test('eBPF: arithmetic of both widths', () => {
  assert.deepEqual(
    texts([
      ...slot(0x07, 3, 0, 0, -16),
      ...slot(0x0f, 1, 2),
      ...slot(0x04, 7, 0, 0, 7),
      ...slot(0xb4, 2, 0, 0, 16),
      ...slot(0x87, 1),
      ...slot(0x84, 1),
      ...slot(0xc7, 4, 0, 0, 2),
      ...slot(0x3f, 1, 2, 1),
      ...slot(0x9c, 1, 2),
    ]),
    [
      '(07) r3 += -16',
      '(0f) r1 += r2',
      '(04) w7 += 7',
      '(b4) w2 = 16',
      '(87) r1 = -r1',
      '(84) w1 = -w1',
      '(c7) r4 s>>= 2',
      '(3f) r1 s/= r2',
      '(9c) w1 %= w2',
    ],
  );
});

test('eBPF: moves that extend, swaps of bytes, casts between address spaces', () => {
  assert.deepEqual(
    texts([
      ...slot(0xbf, 1, 2, 8),
      ...slot(0xbc, 1, 2, 16),
      ...slot(0xdc, 7, 0, 0, 16),
      ...slot(0xd4, 7, 0, 0, 32),
      ...slot(0xd7, 7, 0, 0, 64),
      ...slot(0xbf, 1, 2, 1, 1 << 16),
    ]),
    [
      '(bf) r1 = (s8)r2',
      '(bc) w1 = (s16)w2',
      '(dc) r7 = be16 r7',
      '(d4) r7 = le32 r7',
      '(d7) r7 = bswap64 r7',
      '(bf) r1 = addr_space_cast(r2, 1, 0)',
    ],
  );
});

test('eBPF: loads, stores and atomic operations', () => {
  assert.deepEqual(
    texts([
      ...slot(0x61, 7, 6, 112),
      ...slot(0x79, 1, 10, -8),
      ...slot(0x91, 1, 2, 4),
      ...slot(0x62, 10, 0, -4, 3),
      ...slot(0x7b, 10, 1, -8),
      ...slot(0x28, 0, 0, 0, 12),
      ...slot(0x50, 0, 1, 0, 4),
      ...slot(0xdb, 0, 1, 0, 0),
      ...slot(0xc3, 0, 1, 4, 0x41),
      ...slot(0xdb, 0, 1, 0, 0xe1),
      ...slot(0xdb, 2, 1, 0, 0xf1),
      ...slot(0xdb, 1, 2, 8, 0x100),
      ...slot(0xdb, 1, 2, 8, 0x99),
    ]),
    [
      '(61) r7 = *(u32 *)(r6 +112)',
      '(79) r1 = *(u64 *)(r10 -8)',
      '(91) r1 = *(s8 *)(r2 +4)',
      '(62) *(u32 *)(r10 -4) = 3',
      '(7b) *(u64 *)(r10 -8) = r1',
      '(28) r0 = *(u16 *)skb[12]',
      '(50) r0 = *(u8 *)skb[r1 + 4]',
      '(db) lock *(u64 *)(r0 +0) += r1',
      '(c3) r1 = atomic_fetch_or((u32 *)(r0 +4), r1)',
      '(db) r1 = atomic64_xchg((u64 *)(r0 +0), r1)',
      '(db) r0 = atomic64_cmpxchg((u64 *)(r2 +0), r0, r1)',
      '(db) r1 = load_acquire((u64 *)(r2 +8))',
      '(db) BUG_db',
    ],
  );
});

test('eBPF: jumps and calls', () => {
  const names: BpfNames = { helper: (n) => (n === 1234 ? 'bpf_map_lookup_elem' : undefined) };
  assert.deepEqual(
    texts(
      [
        ...slot(0x55, 7, 0, 14, 0xdd86),
        ...slot(0x56, 7, 0, 1, 5),
        ...slot(0xcd, 1, 2, -3),
        ...slot(0x05, 0, 0, 3),
        ...slot(0x06, 0, 0, 0, -70000),
        ...slot(0xe5, 0, 0, 2),
        ...slot(0x85, 0, 0, 0, 1234),
        ...slot(0x85, 0, 1, 0, 1),
        ...slot(0x85, 0, 0, 0, 99),
        ...slot(0x95),
      ],
      names,
    ),
    [
      '(55) if r7 != 0xdd86 goto pc+14',
      '(56) if w7 != 0x5 goto pc+1',
      '(cd) if r1 s< r2 goto pc-3',
      '(05) goto pc+3',
      '(06) gotol pc-70000',
      '(e5) may_goto pc+2',
      '(85) call bpf_map_lookup_elem#1234',
      '(85) call pc+1',
      '(85) call unknown#99',
      '(95) exit',
    ],
  );
});

test('eBPF: a 64-bit load takes two slots and names its map', () => {
  const code = [...slot(0x18, 1, 0, 0, 0x1234), ...slot(0, 0, 0, 0, -0x8000_0000 | 0x100), ...slot(0x95)];
  const address = (BigInt(0x8000_0100) << 32n) | 0x1234n;
  const found = bpfInstructions(Uint8Array.from(code), true, {
    map: (at) => (at === address ? 'map[id:13]' : undefined),
  });
  assert.deepEqual(
    found.map(({ index, text, bytes }) => [index, text, bytes.length]),
    [
      [0, '(18) r1 = map[id:13]', 16],
      [2, '(95) exit', 8],
    ],
  );
  assert.deepEqual(texts(code)[0], '(18) r1 = 0x8000010000001234');
});

test('eBPF: registers follow the byte order; what is cut or unknown does no harm', () => {
  const big = Uint8Array.from([0xbf, 0x16, 0, 0, 0, 0, 0, 0, 0xb7, 0x10]);
  assert.deepEqual(
    bpfInstructions(big, false).map(({ text }) => text),
    ['(bf) r1 = r6'],
  );
  for (let opcode = 0; opcode < 256; opcode++) {
    const [text] = texts(slot(opcode, 1, 2, 3, 4));
    assert.match(text ?? '', /^\([0-9a-f]{2}\) \S/, `opcode ${opcode}`);
  }
});
