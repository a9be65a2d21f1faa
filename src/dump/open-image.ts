import type { ByteSource } from '../base/byte-source.ts';
import { readBytes } from '../base/cursor.ts';
import { UnsupportedError, UsageError } from '../base/errors.ts';
import type { Codecs, DumpFormat, DumpImage } from '../program/ports.ts';
import { describeContent } from './describe-content.ts';
import { dumpFormats } from './index.ts';

/**
 * Opens a dump: one file, or the files of a split set in any order. Formats are told by content.
 * @throws UsageError no file @throws UnsupportedError a file that is no dump, saying what it is
 * @throws BadDataError a dump whose headers are damaged or cut off
 */
export function openImage(
  sources: readonly ByteSource[],
  codecs: Codecs,
  formats: readonly DumpFormat[] = dumpFormats,
): DumpImage {
  const [first, ...more] = sources;
  if (!first) throw new UsageError('no dump was named');
  let format: DumpFormat | undefined;
  for (const src of sources) {
    if (src.size > 0) readBytes(src, 0, 1, 'first byte'); // an unreadable file fails here, with its own message
    const found = formats.find((f) => f.probe(src));
    if (!found) throw new UnsupportedError(`${src.name}: not a kernel dump but ${describeContent(src)}`);
    format ??= found;
  }
  return { ...(format as DumpFormat).open(first, codecs, more), files: sources };
}
