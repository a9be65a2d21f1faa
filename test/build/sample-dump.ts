import { resolve } from 'node:path';
import { bytesSource } from '../../src/base/byte-source.ts';
import { openImage } from '../../src/dump/open-image.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import { openFileSource } from '../../src/node/file-source.ts';
import { openProgram } from '../../src/open.ts';
import type { DumpImage } from '../../src/program/ports.ts';
import type { Program } from '../../src/program/program.ts';
import { crashReportBlocks } from '../../src/report/crash-report-blocks.ts';
import { renderText } from '../../src/report/render-text.ts';
import { FullSession } from '../../src/session/full-session.ts';
import { makeReport } from '../../src/session/make-report.ts';

/** The dumps that are in the repository. */
export const SAMPLES = ['amd64-6.1-softirq', 'arm64-6.1-softirq'] as const;

export function samplePath(name: (typeof SAMPLES)[number]): string {
  return resolve(import.meta.dirname, `../../samples/${name}.vmcore`);
}

/** A sample as an image; its file stays open until `close`. */
export function openSample(name: (typeof SAMPLES)[number]): { image: DumpImage; close(): void } {
  const file = openFileSource(samplePath(name));
  return { image: openImage([file], nodeCodecs()), close: () => file.close() };
}

/** The files of one dump as an image; all of them are called `dump`, so that messages do not differ. */
export function imageOf(...files: Uint8Array[]): DumpImage {
  const sources = files.map((bytes) => bytesSource('dump', bytes));
  return openImage(sources, nodeCodecs());
}

/** The report of a kernel, as text and as JSON. */
export function reportOf(prog: Program): { text: string; json: string } {
  const report = makeReport(prog);
  return { text: [...renderText(crashReportBlocks(report))].join(''), json: JSON.stringify(report, null, 2) };
}

/** The report of an image, and what commands answer, as JSON. */
export function answersOf(image: DumpImage, commands: readonly string[]): string {
  const prog = openProgram(image);
  const { text, json } = reportOf(prog);
  const session = new FullSession(prog, { dumpNames: ['dump'] });
  const answers = commands.map((line) => JSON.stringify(session.run(line)?.data));
  return [text, json, ...answers].join('\n');
}
