export { type NodeCodecs, nodeCodecs } from './codecs.ts';
export { type FileSource, openFileSource } from './file-source.ts';
export { type OpenDumpOptions, type OpenedDump, openDump } from './open-dump.ts';
