/** inquest on Node: opens the files of a dump. */

export { type NodeCodecs, nodeCodecs } from './codecs.ts';
export { type FileSource, openFileSource } from './file-source.ts';
export { type OpenedProgram, type OpenOptions, open } from './open.ts';
export { type OpenDumpOptions, type OpenedDump, openDump } from './open-dump.ts';
