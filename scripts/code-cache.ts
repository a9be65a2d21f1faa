import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** Source text that evaluates to a function, and a key that differs for every different text. */
export interface Program {
  readonly source: string;
  readonly filename: string;
  readonly key: string;
}

export interface Compiled {
  readonly script: Script;
  /** Whether V8 took the functions from the cache. */
  readonly cached: boolean;
  /** To be called when the program ends: stores what V8 has compiled, if that is news. Never throws. */
  save(): void;
}

const HEADER_BYTES = 20;
const CPU_AT = 16;
const MAGIC = 0x31434349;
/** Bytecode that a run may add without making the cache worth writing again. */
const SLACK_BYTES = 64 * 1024;
const LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Compiles a program with V8's code cache from a folder of the user.
 *
 * V8 compares version, flags and the length of the source, but not the cached code itself (a flipped bit in it was accepted
 * and run by Node 20 and 24). Hence the key in the file's name, a checksum, and a check of who owns the file: whoever may
 * write it may run code as this user.
 * @param folder undefined: neither read nor written
 */
export function compileCached(program: Program, folder: string | undefined): Compiled {
  const name = `${program.key}-${process.version}-${process.arch}.v8`;
  const entry = folder === undefined ? undefined : readEntry(join(folder, name));
  const script = new Script(program.source, {
    filename: program.filename,
    ...(entry && { cachedData: entry.data }),
  });
  const cached = entry !== undefined && script.cachedDataRejected === false;
  const save = () => {
    if (folder === undefined) return;
    try {
      const { user, system } = process.cpuUsage();
      const cpu = Math.min(user + system, 0xffffffff);
      // Most runs end here; V8 goes through its heap to tell.
      if (cached && cpu <= entry.cpu) return;
      const bytecode = process.getBuiltinModule('node:v8').getHeapCodeStatistics().bytecode_and_metadata_size;
      if (cached && bytecode <= entry.bytecode + SLACK_BYTES) {
        noteCpu(join(folder, name), cpu);
        return;
      }
      writeEntry(folder, name, { data: script.createCachedData(), bytecode, cpu });
    } catch {
      // A folder that cannot be written only costs the time to compile again.
    }
  };
  return { script, cached, save };
}

interface Entry {
  readonly data: Buffer;
  /** Size of all bytecode in the heap when the entry was made. */
  readonly bytecode: number;
  /** Microseconds of CPU time of the run that made the entry. */
  readonly cpu: number;
}

/** An entry that is whole and that only this user can have written; else undefined. */
function readEntry(path: string): Entry | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const { size, uid, mode } = fstatSync(fd);
    if (size <= HEADER_BYTES || size > LIMIT_BYTES || (mode & 0o022) !== 0) return undefined;
    if (process.getuid && process.getuid() !== uid) return undefined;
    const file = Buffer.allocUnsafeSlow(size);
    if (readSync(fd, file, 0, size, 0) !== size) return undefined;
    const data = file.subarray(HEADER_BYTES);
    if (file.readUInt32LE(0) !== MAGIC || file.readUInt32LE(4) !== data.length) return undefined;
    if (file.readUInt32LE(8) !== crc32(data)) return undefined;
    return { data, bytecode: file.readUInt32LE(12), cpu: file.readUInt32LE(CPU_AT) };
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** A run that took longer and brought no new code: the next like it need not ask V8. */
function noteCpu(path: string, cpu: number): void {
  const word = Buffer.alloc(4);
  word.writeUInt32LE(cpu);
  const fd = openSync(path, 'r+');
  try {
    writeSync(fd, word, 0, word.length, CPU_AT);
  } finally {
    closeSync(fd);
  }
}

/**
 * Writes an entry under a name of its own and renames it, so that no reader sees half of it; removes those of other builds.
 * Makes the folder and its parent, no more: mkdir's `recursive` never ends in a place like /proc.
 */
function writeEntry(folder: string, name: string, { data, bytecode, cpu }: Entry): void {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(data.length, 4);
  header.writeUInt32LE(crc32(data), 8);
  header.writeUInt32LE(bytecode, 12);
  header.writeUInt32LE(cpu, CPU_AT);
  for (const path of [dirname(folder), folder]) if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
  const own = `${name}.${process.pid}`;
  try {
    writeFileSync(join(folder, own), Buffer.concat([header, data]), { mode: 0o600, flag: 'wx' });
    renameSync(join(folder, own), join(folder, name));
  } catch (error) {
    rmSync(join(folder, own), { force: true });
    throw error;
  }
  const suffix = name.slice(name.indexOf('-'));
  for (const other of readdirSync(folder))
    if (other.endsWith(suffix) && other !== name) rmSync(join(folder, other), { force: true });
}
