import { closeSync, openSync, writeSync } from 'node:fs';
import {
  countPages,
  descriptorBytes,
  descriptorsAt,
  type PageDescriptor,
  readAt,
  readDescriptor,
  readHeader,
  readPage,
  SNAPPY_PAGE,
  writeCompression,
} from './kdump-file.ts';
import { snappyEncode } from './snappy-encode.ts';

/**
 * Rewrites a kdump file (zlib or uncompressed pages, not flattened) with snappy pages: Debian's makedumpfile is built
 * without snappy. Pages that share their bytes in the source share them in the result.
 */
export function transcodeToSnappy(from: string, to: string): void {
  const source = openSync(from, 'r');
  const target = openSync(to, 'w');
  const h = readHeader(source);
  const first = descriptorsAt(h);
  const head = readAt(source, 0, first);
  const count = countPages(source, h);
  const done = new Map<number, PageDescriptor>();
  const descriptors: Buffer[] = [];
  let at = first + 24 * count;
  for (let i = 0; i < count; i += 1) {
    const old = readDescriptor(source, h, i);
    let fresh = done.get(old.offset);
    if (fresh === undefined) {
      const page = readPage(source, old);
      const packed = snappyEncode(page);
      const smaller = packed.length < page.length;
      const bytes = smaller ? packed : page;
      fresh = { offset: at, size: bytes.length, flags: smaller ? SNAPPY_PAGE : 0 };
      writeSync(target, bytes, 0, bytes.length, at);
      at += bytes.length;
      done.set(old.offset, fresh);
    }
    descriptors.push(descriptorBytes(fresh));
  }
  writeCompression(head, SNAPPY_PAGE);
  const tables = Buffer.concat([head, ...descriptors]);
  writeSync(target, tables, 0, tables.length, 0);
  closeSync(source);
  closeSync(target);
}
