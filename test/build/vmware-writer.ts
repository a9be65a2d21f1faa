import { Buffer } from 'node:buffer';

/** A value of a state file: a number of 4 or 8 bytes, or a block. */
type Value = number | bigint | Uint8Array;
type Tag = readonly [name: string, indices: readonly number[], value: Value];

function tag([name, indices, value]: Tag): Buffer {
  const isBlock = value instanceof Uint8Array;
  const size = isBlock ? 63 : typeof value === 'number' ? 4 : 8;
  const head = Buffer.from([(indices.length << 6) | size, name.length]);
  const index = Buffer.alloc(4 * indices.length);
  for (const [i, n] of indices.entries()) index.writeUInt32LE(n, 4 * i);
  if (!isBlock) {
    const data = Buffer.alloc(8);
    data.writeBigUInt64LE(BigInt(value));
    return Buffer.concat([head, Buffer.from(name, 'latin1'), index, data.subarray(0, size)]);
  }
  const sizes = Buffer.alloc(18 + 5);
  sizes.writeBigUInt64LE(BigInt(value.length), 0);
  sizes.writeBigUInt64LE(BigInt(value.length), 8);
  sizes.writeUInt16LE(5, 16); // padding before the data
  return Buffer.concat([head, Buffer.from(name, 'latin1'), index, sizes, value]);
}

/** A state file of version 2 with these groups. */
export function writeVmwareState(groups: Readonly<Record<string, readonly Tag[]>>): Uint8Array {
  const names = Object.keys(groups);
  const bodies = names.map((n) => Buffer.concat([...(groups[n] ?? []).map(tag), Buffer.from([0, 0])]));
  const header = Buffer.alloc(12 + 80 * names.length);
  header.writeUInt32LE(0xbed2bed2, 0);
  header.writeUInt32LE(8, 4);
  header.writeUInt32LE(names.length, 8);
  let at = header.length;
  names.forEach((name, i) => {
    header.write(name, 12 + 80 * i, 'latin1');
    header.writeBigUInt64LE(BigInt(at), 12 + 80 * i + 64);
    header.writeBigUInt64LE(BigInt(bodies[i]?.length ?? 0), 12 + 80 * i + 72);
    at += bodies[i]?.length ?? 0;
  });
  return Buffer.concat([header, ...bodies]);
}
