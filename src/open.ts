import { architectures } from './arch/index.ts';
import type { ByteSource } from './base/byte-source.ts';
import { AnalysisError, UnsupportedError } from './base/errors.ts';
import { debugProviders } from './debug/index.ts';
import { openImage } from './dump/open-image.ts';
import { findVmcoreinfo } from './program/find-vmcoreinfo.ts';
import { likelyArchitectures, statedArchitectures } from './program/likely-architectures.ts';
import type { Architecture, Codecs, DebugProvider, DumpImage } from './program/ports.ts';
import { Program } from './program/program.ts';
import { Vmcoreinfo } from './program/vmcoreinfo.ts';

/** What a program is put together from; the defaults are all that this package has. */
export interface OpenOptions {
  readonly architectures?: readonly Architecture[];
  readonly debugProviders?: readonly DebugProvider[];
}

/**
 * Finds the kernel in an opened image.
 * @throws AnalysisError that names what was looked for and where, when there is none
 */
export function openProgram(image: DumpImage, options: OpenOptions = {}): Program {
  const archs = options.architectures ?? architectures;
  const providers = options.debugProviders ?? debugProviders;
  let failure: AnalysisError | undefined;
  let unproved: Program | undefined;
  const seen = new Set<string>();
  for (const { text, found, recovered, arch: own } of vmcoreinfoTexts(image, archs)) {
    if (seen.has(text)) continue;
    seen.add(text);
    if (recovered && unproved) break; // a text of the kernel's own tells more
    const info = new Vmcoreinfo(text);
    for (const arch of own ? [own] : candidates(archs, image, info)) {
      try {
        const prog = new Program(image, arch, info, arch.kernelMap(image, info), providers);
        // A text that lay in memory may be another kernel's: without its page tables nothing speaks for it.
        if (recovered) prog.noteProblem('VMCOREINFO', new AnalysisError('no-vmcoreinfo', LOST));
        if (!found || !prog.map.unproved) return prog;
        unproved ??= prog;
      } catch (e) {
        if (!(e instanceof AnalysisError)) throw e;
        failure ??= e;
      }
    }
    failure ??= new UnsupportedError(
      `no support for the CPU of this dump (ELF machine ${image.elfMachine ?? 'not stated'}, ` +
        `machine ${image.header.utsname?.machine ?? 'not stated'})`,
    );
  }
  if (unproved) return unproved;
  throw (
    failure ??
    new UnsupportedError('no Linux kernel found: the dump has no VMCOREINFO, neither as a note nor in memory')
  );
}

const LOST = 'it is not in the dump; the kernel was found by its page tables, its structures by symbols and types';

interface InfoText {
  readonly text: string;
  readonly found: boolean;
  readonly recovered?: true;
  /** The CPU whose memory told it. */
  readonly arch?: Architecture;
}

/** The file's own text, then those found in memory, then what can be told without one. */
function* vmcoreinfoTexts(image: DumpImage, archs: readonly Architecture[]): Iterable<InfoText> {
  if (image.vmcoreinfo?.includes('OSRELEASE=')) yield { text: image.vmcoreinfo, found: false };
  for (const arch of archs) {
    if (image.littleEndian !== undefined && image.littleEndian !== arch.littleEndian) continue;
    const text = arch.vmcoreinfo?.(image.memory);
    if (text !== undefined) yield { text, found: true };
  }
  for (const text of findVmcoreinfo(image.memory)) yield { text, found: true };
  for (const arch of likelyArchitectures(archs, image)) {
    const text = arch.recoverInfo?.(image.memory);
    if (text !== undefined) yield { text, found: false, recovered: true, arch };
  }
}

/** The file's own word first, then what the kernel's text looks like: QEMU's headers are not always right. */
function candidates(archs: readonly Architecture[], image: DumpImage, info: Vmcoreinfo): Architecture[] {
  const stated = statedArchitectures(archs, image);
  const guessed = archs.filter((a) => !stated.includes(a) && a.recognise(info));
  return [...stated, ...guessed];
}

/**
 * Opens a dump whose decoders need no preparation: the files of one dump, in any order.
 * @throws AnalysisError that names the file and what is wrong with it
 */
export function open(sources: readonly ByteSource[], codecs: Codecs, options: OpenOptions = {}): Program {
  const program = openProgram(openImage(sources, codecs), options);
  program.codecs = codecs;
  return program;
}
