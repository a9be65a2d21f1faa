import { chmodSync, existsSync, globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptState, download, installOnMachine, unpack } from './apt.ts';
import { debRoot } from './deb-root.ts';
import { type Kernel, type KernelTag, kernel } from './kernels.ts';
import { fetchDebug, installPeers } from './peers.ts';
import { labDir, place } from './places.ts';
import { step } from './run.ts';

/** Programs of this machine. */
const MACHINE = ['binutils', 'binutils-aarch64-linux-gnu', 'llvm', 'elfutils'];
const TAGS: readonly KernelTag[] = ['amd64-6.1', 'arm64-6.1'];

/**
 * Fetches what `npm run debug-truth` compares, and with what: vmlinux and modules with debug information of two kernels
 * (big downloads), drgn and pahole of sid, and binutils, LLVM and elfutils of this Debian.
 * @param named other kernels than amd64-6.1 and arm64-6.1
 */
export async function fetchDebugTruth(named: readonly string[]): Promise<void> {
  await installOnMachine(MACHINE);
  if (!existsSync(join(labDir, 'peers/python-sid'))) await installPeers();
  await paholeOfSid();
  for (const tag of named.length > 0 ? named : TAGS) {
    await fetchDebug([tag]); // refuses what is no kernel of the lab
    await debugModules(await kernel(tag as KernelTag));
  }
}

/** All modules of a kernel with debug information, beside its vmlinux. */
async function debugModules(k: Kernel): Promise<void> {
  const dir = join(labDir, 'kernels', k.tag, 'debug');
  if (globSync(join(dir, 'usr/lib/debug/lib/modules/*/kernel/**/*.ko')).length > 0) return;
  const state = await aptState(k.suite, k.arch);
  await step(`debug symbols of modules ${k.tag}`, async () =>
    unpack(await download(state, [`linux-image-${k.release}-dbg`]), dir, ['*/kernel/*.ko*']),
  );
}

/** `peers/pahole-sid` in the cache, run by sid's own loader. */
async function paholeOfSid(): Promise<void> {
  const { dir } = await debRoot('peers-sid-amd64', 'sid', 'amd64', ['dwarves']);
  const path = join(place('peers'), 'pahole-sid');
  const loader = `${dir}/usr/lib64/ld-linux-x86-64.so.2 --library-path ${dir}/usr/lib/x86_64-linux-gnu`;
  writeFileSync(path, `#!/bin/sh\nexec ${loader} ${dir}/usr/bin/pahole "$@"\n`);
  chmodSync(path, 0o755);
}
