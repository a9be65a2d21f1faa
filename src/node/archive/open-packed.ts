import type { ByteSource } from '../../base/byte-source.ts';
import { AnalysisError, UsageError } from '../../base/errors.ts';
import { steadyRead } from '../../base/steady-read.ts';
import type { Bytes } from '../../base/units.ts';
import { type Breakable, nextTurn, unbroken } from '../breakable.ts';
import type { NodeCodecs } from '../codecs.ts';
import type { FileSource } from '../file-source.ts';
import { openLz4 } from './lz4.ts';
import { type Member, withProblem } from './member.ts';
import { type Packing, packingOf } from './packing.ts';
import { spillDeflate } from './stream.ts';
import { tarMembers } from './tar.ts';
import { openXz } from './xz.ts';
import { zipMembers } from './zip.ts';
import { openZstd } from './zstd.ts';

/** How archives may be inside of each other: a dump in a tar in a gz in a zip. */
const MAX_DEPTH = 4;
/** Files of an archive that are looked at to see whether they are dumps. */
const MAX_TRIED = 64;

export interface OpenPackedOptions {
  readonly codecs: NodeCodecs;
  /** Whether a file is a dump, by its first bytes. */
  readonly isDump: (src: ByteSource) => boolean;
  /** Called with the bytes that were unpacked. */
  readonly onUnpack?: (bytes: Bytes) => void;
  readonly breakable?: Breakable;
}

/**
 * The dump in a packed file or archive, or the parts of a split one: in place where the packing allows random access, else
 * unpacked to a temporary file. A file that is not packed is returned as it is.
 * @throws AnalysisError
 */
export async function openPacked(file: FileSource, options: OpenPackedOptions, depth = 0): Promise<FileSource[]> {
  const packing = packingOf(steady(file));
  if (packing === undefined) return [file];
  if (depth >= MAX_DEPTH) throw new UsageError(`${file.name}: archives in archives, more than ${MAX_DEPTH} deep`);
  if (packing === 'tar' || packing === 'zip') return fromArchive(steady(file), packing, options, depth);
  const inner = await unpacked(steady(file), packing, options);
  return (await openPacked(inner, options, depth + 1)).map((f) => closingBoth(f, file));
}

/** A file of which a read that fails is tried again. */
function steady(file: FileSource): FileSource {
  return {
    name: file.name,
    size: file.size,
    ...(file.problem !== undefined && { problem: file.problem }),
    read: (offset, into) => steadyRead(file, offset, into),
    close: () => file.close(),
  };
}

async function unpacked(
  file: FileSource,
  packing: Exclude<Packing, 'tar' | 'zip'>,
  { codecs, onUnpack, breakable = unbroken }: OpenPackedOptions,
): Promise<FileSource> {
  await nextTurn();
  switch (packing) {
    case 'gzip':
      return spillDeflate({ src: file, from: 0, to: file.size }, false, onUnpack);
    case 'xz':
      return breakable(() => openXz(file, { breakable, ...(onUnpack && { onUnpack }) }));
    case 'lz4':
      return breakable(() => openLz4(file, { breakable, ...(onUnpack && { onUnpack }) }));
    case 'zstd':
      return openZstd(
        file,
        async () => {
          await codecs.prepare(['zstd']);
          return codecs.decoder('zstd');
        },
        { breakable, ...(onUnpack && { onUnpack }) },
      );
  }
}

async function fromArchive(
  file: FileSource,
  packing: 'tar' | 'zip',
  options: OpenPackedOptions,
  depth: number,
): Promise<FileSource[]> {
  const { breakable = unbroken } = options;
  const members = breakable(() => (packing === 'tar' ? tarMembers(file) : zipMembers(file)));
  // The large ones first: a dump is the largest file of its archive.
  const tried = [...members].sort((a, b) => b.size - a.size).slice(0, MAX_TRIED);
  const found: FileSource[] = [];
  let failure: AnalysisError | undefined;
  for (const member of tried) {
    if (found.length > 0 && member.size < (tried[0] as Member).size / 16) break;
    try {
      for (const inner of await openPacked(await member.open(options.onUnpack), options, depth + 1)) {
        if (options.isDump(inner)) found.push(closingBoth(inner, file));
        else inner.close();
      }
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      failure ??= e;
    }
  }
  if (found.length > 0) return found;
  throw (
    failure ?? new UsageError(`${file.name}: none of the ${members.length} files in this ${packing} archive is a dump`)
  );
}

function closingBoth(inner: FileSource, outer: FileSource): FileSource {
  const both: FileSource = {
    name: inner.name,
    size: inner.size,
    ...(inner.problem !== undefined && { problem: inner.problem }),
    read: (offset, into) => inner.read(offset, into),
    close() {
      inner.close();
      outer.close();
    },
  };
  return withProblem(both, outer.problem);
}
