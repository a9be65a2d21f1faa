import assert from 'node:assert/strict';
import { test } from 'node:test';
import { u32Type } from '../../test/build/c-types.ts';
import { testArchitecture } from '../../test/build/test-architecture.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { unsignedMember } from './bit-field.ts';
import { KernelStruct } from './kernel-struct.ts';

/** `unsigned inuse:16, objects:15, frozen:1` as compilers lay it out in either byte order. */
const FIELDS = [
  [0, 16, 0x1234],
  [16, 15, 0x2bcd],
  [31, 1, 1],
] as const;

for (const littleEndian of [true, false]) {
  test(`bit-fields of ${littleEndian ? 'little' : 'big'}-endian memory`, () => {
    const kernel = new TestKernel();
    let word = 0n;
    for (const [bit, width, value] of FIELDS) word |= BigInt(value) << BigInt(littleEndian ? bit : 32 - bit - width);
    const bytes = Array.from({ length: 4 }, (_, i) => Number((word >> BigInt(8 * (littleEndian ? i : 3 - i))) & 0xffn));
    kernel.memory.write(8, Uint8Array.from(bytes));
    const object = new KernelStruct(kernel.program(testArchitecture({ littleEndian })), 16);
    object.load(TestKernel.BASE);
    for (const [bit, bitSize, value] of FIELDS) {
      const place = { type: u32Type, offset: 8 + (bit >> 3), bit: bit & 7, bitSize };
      assert.equal(unsignedMember(object, place), value, `bit ${bit}`);
    }
  });
}
