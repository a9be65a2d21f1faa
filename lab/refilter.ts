import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { freshDumpDir, isFresh, readMeta, recipeOf, writeMeta } from './dumps.ts';
import { ensureKexecDump, KEXEC, RAW_ELF, rawElfPath } from './kexec.ts';
import { makedumpfile } from './makedumpfile.ts';
import { dumpDir } from './places.ts';
import { shell, step } from './run.ts';
import { transcodeToSnappy } from './transcode.ts';

interface FileForm {
  readonly suffix: string;
  readonly what: string;
  readonly files?: readonly string[];
  /** Writes the file(s) into `dir` from the ELF copy of /proc/vmcore. */
  readonly make: (source: string, dir: string) => Promise<void>;
}

const filtered =
  (...args: readonly string[]) =>
  (source: string, dir: string): Promise<void> =>
    makedumpfile('amd64', [...args, source, join(dir, 'vmcore')]);

const flattened =
  (...args: readonly string[]) =>
  (source: string, dir: string): Promise<void> =>
    makedumpfile('amd64', ['-F', ...args, source], join(dir, 'vmcore'));

const D31_ZLIB = `${KEXEC.name}-d31-zlib`;
const PARTS = ['vmcore.1', 'vmcore.2', 'vmcore.3'];

async function cut(source: string, dir: string): Promise<void> {
  await shell('head -c "$3" "$1" > "$2"', source, join(dir, 'vmcore'), `${Math.floor(statSync(source).size * 0.6)}`);
}

/** Every form of the same crash. Later ones may be made from earlier ones. */
const FORMS: readonly FileForm[] = [
  { suffix: 'd31-zlib', what: 'kdump zlib, level 31', make: filtered('-c', '-d', '31') },
  { suffix: 'd31-lzo', what: 'kdump lzo, level 31', make: filtered('-l', '-d', '31') },
  { suffix: 'd31-zstd', what: 'kdump zstd, level 31', make: filtered('-z', '-d', '31') },
  { suffix: 'd31-none', what: 'kdump, pages not compressed, level 31', make: filtered('-d', '31') },
  {
    suffix: 'd31-snappy',
    what: 'kdump snappy, level 31 (transcoded from zlib)',
    make: async (_, dir) => transcodeToSnappy(join(dumpDir(D31_ZLIB), 'vmcore'), join(dir, 'vmcore')),
  },
  { suffix: 'd0-zlib', what: 'kdump zlib, nothing filtered', make: filtered('-c', '-d', '0') },
  { suffix: 'd1-elf', what: 'ELF, zero pages filtered', make: filtered('-E', '-d', '1') },
  { suffix: 'd31-elf', what: 'ELF, level 31', make: filtered('-E', '-d', '31') },
  { suffix: 'flat-zlib', what: 'kdump zlib, level 31, flattened', make: flattened('-c', '-d', '31') },
  { suffix: 'flat-elf', what: 'ELF, level 31, flattened', make: flattened('-E', '-d', '31') },
  {
    suffix: 'split',
    what: 'kdump zlib, level 31, split in 3, blocks of 16 MiB',
    files: PARTS,
    make: (source, dir) =>
      makedumpfile('amd64', [
        '-c',
        '-d',
        '31',
        '--splitblock-size',
        '16',
        '--split',
        source,
        ...PARTS.map((p) => join(dir, p)),
      ]),
  },
  {
    suffix: 'cut-zlib',
    what: 'kdump zlib, level 31, cut at 60 %',
    make: (_, dir) => cut(join(dumpDir(D31_ZLIB), 'vmcore'), dir),
  },
  { suffix: 'cut-elf', what: 'ELF copy of /proc/vmcore, cut at 60 %', make: cut },
];

export const FORM_NAMES: readonly string[] = [KEXEC.name, RAW_ELF, ...FORMS.map((f) => `${KEXEC.name}-${f.suffix}`)];

async function ensureForm(form: FileForm): Promise<void> {
  const source = readMeta(RAW_ELF);
  if (source === undefined) throw new Error(`${RAW_ELF} is not there`);
  const name = `${KEXEC.name}-${form.suffix}`;
  const recipe = recipeOf(source.recipe, source.secondsToCrash, form.what); // another crash has another memory
  if (isFresh(name, recipe)) return;
  await step(name, async () => {
    const dir = freshDumpDir(name);
    await form.make(rawElfPath(), dir);
    const files = form.files ?? ['vmcore'];
    await shell('chmod 644 "$@"', ...files.map((f) => join(dir, f)));
    if (form.suffix.endsWith('elf') && !form.suffix.startsWith('flat'))
      await shell('fallocate -d "$1"', join(dir, 'vmcore'));
    for (const f of ['console.log', 'labcrash.ko']) copyFileSync(join(dumpDir(RAW_ELF), f), join(dir, f));
    writeMeta({ ...source, name, format: form.what, files, recipe });
  });
}

/** The kexec crash in every file form; returns the names that could not be made. */
export async function ensureForms(): Promise<string[]> {
  const failed: string[] = [];
  await ensureKexecDump();
  for (const form of FORMS) await ensureForm(form).catch(() => failed.push(`${KEXEC.name}-${form.suffix}`));
  return failed;
}
