import type { ByteSource } from '../base/byte-source.ts';
import { readBytes } from '../base/cursor.ts';
import { UnsupportedError, UsageError } from '../base/errors.ts';
import type { Codecs, DumpFormat, DumpImage } from '../program/ports.ts';
import { describeContent } from './describe-content.ts';
import { dumpFormats } from './index.ts';
import { type LastingSource, lastingSource } from './lasting-source.ts';

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
  const [first] = sources;
  if (!first) throw new UsageError('no dump was named');
  const files = sources.map(lastingSource);
  for (const src of files) {
    if (src.size > 0) readBytes(src, 0, 1, 'first byte'); // an unreadable file fails here, with its own message
  }
  const format = withCompanion(files, formats) ?? commonFormat(files, formats);
  const [src, ...others] = files as [LastingSource, ...LastingSource[]];
  const image = format.open(src, codecs, others);
  const problems = [...image.problems];
  for (const file of files) file.last((problem) => problems.push(problem));
  return { ...image, problems, files: sources };
}

/** A format of two files of which only one can be told. */
function withCompanion(sources: readonly ByteSource[], formats: readonly DumpFormat[]): DumpFormat | undefined {
  return formats.find((f) => f.companion && sources.some((src) => f.probe(src)));
}

/** The format of the first file; each of the others must be a dump too. */
function commonFormat(sources: readonly ByteSource[], formats: readonly DumpFormat[]): DumpFormat {
  const found = sources.map((src) => {
    const format = formats.find((f) => f.probe(src));
    if (!format) throw new UnsupportedError(`${src.name}: not a kernel dump but ${describeContent(src)}`);
    return format;
  });
  return found[0] as DumpFormat;
}
