import { matchesGlob } from 'node:path';
import { installOnMachine } from './apt.ts';
import { BUILT_SCENARIOS } from './built-scenarios.ts';
import { fetchDebugTruth } from './debug-truth.ts';
import { dumpNames, ensureDump, readMeta } from './dumps.ts';
import { fetchDebug, installCrashForArm64, installPeers } from './peers.ts';
import { labDir } from './places.ts';
import { ensureForms, FORM_NAMES } from './refilter.ts';
import { makeSamples } from './samples.ts';
import { SAMPLE_SCENARIOS, SCENARIOS, type Scenario } from './scenarios.ts';
import { checkVerification } from './verification.ts';

const USAGE = `npm run lab -- <command>

  list                     every dump the lab knows, and which are in the cache
  make <name or glob>...   these dumps (those that are in the cache and up to date are left alone)
  small                    a quick subset: NULL and freed memory in a module, a kexec crash in every file form, arm64, the newest kernel
  all                      everything
  samples                  the repository's sample dumps (samples/)
  built [name or glob] dumps of a kernel with KASAN and the like that you built (lab/README.md); "all" leaves them out
  debug <kernel>...        vmlinux with debug information for a kernel, e.g. amd64-6.1 (a big download)
  debug-truth [kernel]...  what npm run debug-truth compares: two kernels with all their modules' debug information, peers
  peers                    crash and drgn of this Debian and of sid, and the vmlinux of amd64-6.1
  crash-arm64              crash that reads arm64 dumps, built from sid's source: a quarter of an hour
  check-apt                shows that unsigned and wrongly signed package lists are refused

The cache is ${labDir} (INQUEST_LAB). It wants root, apt, and about 52 GB for everything. lab/README.md has the rest.`;

/** Programs of this machine that the lab runs. */
const MACHINE = ['e2fsprogs', 'xz-utils', 'zstd', 'debian-archive-keyring'];
const SMALL = ['amd64-6.1-null', 'amd64-6.1-vfreed', 'amd64-6.1-kexec', 'arm64-6.1-rcuinode', 'amd64-sid-null'];

function list(): void {
  const names = [
    ...SCENARIOS.flatMap((s) => dumpNames(s).map((d) => d.name)),
    ...FORM_NAMES,
    ...[...SAMPLE_SCENARIOS, ...BUILT_SCENARIOS].map((s) => s.name),
  ];
  for (const name of names) {
    const meta = readMeta(name);
    console.log(`${name.padEnd(36)} ${meta === undefined ? '-' : `${meta.release}  ${meta.format}`}`);
  }
}

/** Makes what matches; returns the names that could not be made. */
async function make(
  patterns: readonly string[],
  known: readonly Scenario[] = [...SCENARIOS, ...SAMPLE_SCENARIOS],
): Promise<string[]> {
  const wanted = (name: string): boolean => patterns.some((p) => matchesGlob(name, p));
  const scenarios = known.filter((s) => dumpNames(s).some((d) => wanted(d.name)));
  const forms = known !== BUILT_SCENARIOS && FORM_NAMES.some(wanted);
  if (scenarios.length === 0 && !forms) throw new Error(`nothing is named ${patterns.join(' ')}; see "list"`);
  await installOnMachine(MACHINE);
  const failed: string[] = [];
  for (const s of scenarios) await ensureDump(s).catch(() => failed.push(s.name));
  if (forms) failed.push(...(await ensureForms().catch(() => [FORM_NAMES[0] ?? ''])));
  return failed;
}

async function main([command, ...args]: readonly string[]): Promise<number> {
  const start = Date.now();
  let failed: string[] = [];
  if (command === 'list') list();
  else if (command === 'make' && args.length > 0) failed = await make(args);
  else if (command === 'small') failed = await make(SMALL);
  else if (command === 'all') failed = await make(['*']);
  else if (command === 'built') failed = await make(args.length > 0 ? args : ['*'], BUILT_SCENARIOS);
  else if (command === 'debug' && args.length > 0) await fetchDebug(args);
  else if (command === 'debug-truth') await fetchDebugTruth(args);
  else if (command === 'peers') await installPeers();
  else if (command === 'crash-arm64') await installCrashForArm64();
  else if (command === 'check-apt') await checkVerification();
  else if (command === 'samples') {
    await installOnMachine(MACHINE);
    await makeSamples();
  } else {
    console.error(USAGE);
    return 1;
  }
  if (command !== 'list') console.log(`${command} took ${((Date.now() - start) / 1000).toFixed(0)} s`);
  for (const name of failed) console.log(`missing: ${name}`);
  return failed.length > 0 ? 2 : 0;
}

// a guest that is running ends with us (qemu.ts listens for the exit)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(2));

process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  return 2;
});
