import type { ByteSource } from '../base/byte-source.ts';
import { AnalysisError } from '../base/errors.ts';
import { type FileSource, openFileSource } from './file-source.ts';

/** Files that are open at a time; processes may have a thousand. */
const MAX_OPEN = 64;

/** Sources of very many files, of which only those that were read last are open. */
export class FilePool {
  readonly #open = new Map<string, FileSource>();

  /** Undefined when the file is not there or cannot be opened. */
  source(path: string): ByteSource | undefined {
    let size: number;
    try {
      size = this.#file(path).size;
    } catch (e) {
      if (e instanceof AnalysisError) return undefined;
      throw e;
    }
    return { name: path, size, read: (offset, into) => this.#file(path).read(offset, into) };
  }

  #file(path: string): FileSource {
    let file = this.#open.get(path);
    if (file)
      this.#open.delete(path); // to the end: used last
    else {
      file = openFileSource(path);
      const [oldest] = this.#open;
      if (oldest && this.#open.size >= MAX_OPEN) {
        oldest[1].close();
        this.#open.delete(oldest[0]);
      }
    }
    this.#open.set(path, file);
    return file;
  }

  close(): void {
    for (const file of this.#open.values()) file.close();
    this.#open.clear();
  }
}
