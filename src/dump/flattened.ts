import type { ByteSource } from '../base/byte-source.ts';
import { BadDataError } from '../base/errors.ts';
import { asciiBytes } from '../base/text.ts';
import type { DumpFormat } from '../program/ports.ts';
import { describeContent } from './describe-content.ts';
import { FlattenedSource } from './flattened-source.ts';
import { beginsWith, readStart } from './read-start.ts';

/** `struct makedumpfile_header`: 16 bytes of signature, type 1 (flattened), version 1, all in 4096 bytes. */
const SIGNATURE = asciiBytes('makedumpfile\0\0\0\0');

/**
 * makedumpfile's flattened form (-F, and all kdump output of QEMU): the records of a file written without seeking.
 * What is inside is told by content again. Source: makedumpfile(8), "-F"; its IMPLEMENTATION document.
 * @param formats what may be inside
 */
export function flattened(formats: readonly DumpFormat[]): DumpFormat {
  const probe = (src: ByteSource): boolean => beginsWith(readStart(src, SIGNATURE.length), SIGNATURE);
  return {
    name: 'flattened',
    summary: `makedumpfile -F and QEMU's kdump output: any of ${formats.map((f) => f.name).join(', ')} inside, read in place`,
    codecs: [...new Set(formats.flatMap((f) => f.codecs ?? []))],
    splits: formats.some((f) => f.splits),
    probe,

    open(src, codecs, more) {
      const outer = new FlattenedSource(src);
      const inner = formats.find((f) => f.probe(outer));
      if (!inner) throw new BadDataError(src.name, 0, `flattened file that holds ${describeContent(outer)}`);
      const unpacked = more.map((m) => (probe(m) ? new FlattenedSource(m) : m));
      const image = inner.open(outer, codecs, unpacked);
      const problems = [outer, ...unpacked].flatMap((s) =>
        s instanceof FlattenedSource && s.problem ? [s.problem] : [],
      );
      return { ...image, format: `${image.format}, flattened`, problems: [...problems, ...image.problems] };
    },
  };
}
