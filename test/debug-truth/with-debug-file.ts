import { architectures } from '../../src/arch/index.ts';
import { type DebugFile, openDebugFile } from '../../src/debug/dwarf/debug-file.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import { openFileSource } from '../../src/node/file-source.ts';

/** Opens a vmlinux or module for as long as `use` takes. */
export async function withDebugFile<T>(path: string, use: (file: DebugFile) => T | Promise<T>): Promise<T> {
  const codecs = nodeCodecs();
  await codecs.prepare(['zstd']);
  const source = openFileSource(path);
  try {
    return await use(openDebugFile(source, codecs, architectures));
  } finally {
    source.close();
  }
}
