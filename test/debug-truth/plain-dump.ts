import { closeSync, copyFileSync, openSync, readSync, writeSync } from 'node:fs';

/**
 * `makedumpfile -R`'s work. Source: the flattened format, as `print_info.c` and `makedumpfile.h` of makedumpfile tell it:
 * a header of 4096 bytes, then records of a big-endian offset and size with the bytes; offset -1 ends them.
 */
const MAGIC = 'makedumpfile\0\0\0\0';
const HEADER = 4096;
/** `struct disk_dump_header`: signature (8), version (4), then `struct new_utsname` with fields of 65 bytes. */
const UTSNAME = 12;
const FIELD = 65;

/** A dump as drgn can open it: not flattened, and with a `utsname`, which QEMU leaves empty. */
export function writePlainDump(from: string, to: string, release: string, machine: string): void {
  const input = openSync(from, 'r');
  const start = Buffer.alloc(16);
  readSync(input, start, 0, 16, 0);
  if (start.toString('latin1') === MAGIC) {
    const output = openSync(to, 'w');
    reassemble(input, output);
    closeSync(output);
  } else copyFileSync(from, to);
  closeSync(input);
  nameKernel(to, ['Linux', '(none)', release, '#1', machine, '(none)']);
}

function reassemble(input: number, output: number): void {
  const record = Buffer.alloc(16);
  for (let at = HEADER; readSync(input, record, 0, 16, at) === 16; ) {
    const offset = record.readBigInt64BE(0);
    const size = record.readBigInt64BE(8);
    if (offset < 0n || size < 0n) return;
    at += 16;
    const bytes = Buffer.alloc(Number(size));
    if (readSync(input, bytes, 0, bytes.length, at) < bytes.length) return;
    writeSync(output, bytes, 0, bytes.length, Number(offset));
    at += bytes.length;
  }
}

function nameKernel(path: string, utsname: readonly string[]): void {
  const fd = openSync(path, 'r+');
  const header = Buffer.alloc(UTSNAME + FIELD * utsname.length);
  readSync(fd, header, 0, header.length, 0);
  if (header.toString('latin1', 0, 8) === 'KDUMP   ' && header[UTSNAME] === 0) {
    utsname.forEach((text, i) => {
      header.write(text, UTSNAME + i * FIELD, 'latin1');
    });
    writeSync(fd, header, 0, header.length, 0);
  }
  closeSync(fd);
}
