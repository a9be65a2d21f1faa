import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installOnMachine } from './apt.ts';
import { crashForArm64 } from './crash-arm64.ts';
import { debRoot } from './deb-root.ts';
import { readMeta, writeMeta } from './dumps.ts';
import { debugVmlinux, KERNELS, type KernelTag, kernel } from './kernels.ts';
import { labDir, place } from './places.ts';

function isTag(text: string): text is KernelTag {
  return Object.hasOwn(KERNELS, text);
}

/** Fetches vmlinux with debug information for kernels and notes it in the dumps that are there. */
export async function fetchDebug(tags: readonly string[]): Promise<void> {
  for (const tag of tags) {
    if (!isTag(tag)) throw new Error(`no kernel ${tag}; there are ${Object.keys(KERNELS).join(' ')}`);
    const k = await kernel(tag);
    const vmlinux = await debugVmlinux(k);
    console.log(`${tag.padEnd(44)}            ${vmlinux}`);
    for (const name of existsSync(join(labDir, 'dumps')) ? readdirSync(join(labDir, 'dumps')) : []) {
      const meta = readMeta(name);
      if (meta?.release === k.release) writeMeta({ ...meta, vmlinux });
    }
  }
}

function wrapper(name: string, lines: readonly string[]): void {
  const path = join(place('peers'), name);
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(path, 0o755);
  console.log(`${name.padEnd(44)}            ${path}`);
}

/**
 * The tools inquest is measured against: crash and drgn of this Debian on the machine, those of sid as `peers/crash-sid`
 * and `peers/drgn-sid` in the cache (run by sid's own loader; `peers/python-sid` runs a script that imports drgn), and
 * the vmlinux they need for the 6.1 dumps of amd64.
 */
export async function installPeers(): Promise<void> {
  await installOnMachine(['crash', 'python3-drgn', 'time']);
  const { dir } = await debRoot('peers-sid-amd64', 'sid', 'amd64', ['crash', 'python3-drgn']);
  const loader = `${dir}/usr/lib64/ld-linux-x86-64.so.2 --library-path ${dir}/usr/lib/x86_64-linux-gnu`;
  const python = readdirSync(join(dir, 'usr/bin')).find((n) => /^python3\.\d+$/.test(n));
  mkdirSync(join(dir, 'tmp'), { recursive: true });
  wrapper('crash-sid', [`exec ${loader} ${dir}/usr/bin/crash "$@"`]);
  const environment = `export PYTHONHOME=${dir}/usr PYTHONPATH=${dir}/usr/lib/python3/dist-packages`;
  const interpreter = `${loader} ${dir}/usr/bin/${python ?? 'python3'}`;
  wrapper('python-sid', [environment, `exec ${interpreter} "$@"`]);
  wrapper('drgn-sid', [environment, `exec ${interpreter} ${dir}/usr/bin/drgn "$@"`]);
  await fetchDebug(['amd64-6.1']);
}

/** crash for arm64 dumps, built from sid's source as `peers/crash-arm64-sid`: a quarter of an hour. */
export async function installCrashForArm64(): Promise<void> {
  const arm64 = await crashForArm64();
  wrapper('crash-arm64-sid', [`exec ${arm64.loader} ${arm64.program} "$@"`]);
}
