import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machineMirrors, openAptState } from './apt.ts';
import { place } from './places.ts';
import { shell } from './run.ts';

async function refused(what: string, work: () => Promise<unknown>): Promise<void> {
  const error = await work().then(
    () => undefined,
    (e: Error) => e,
  );
  if (error === undefined) throw new Error(`${what}: apt accepted it`);
  console.log(
    `${what.padEnd(44)}            refused: ${/[EW]: [^|]*/.exec(error.message)?.[0].trim() ?? error.message}`,
  );
}

/** An empty repository in a folder, with a Release file but no signature. */
function unsignedRepository(): string {
  const dir = place('tmp', 'unsigned');
  const lists = join(dir, 'dists/lab/main/binary-amd64');
  mkdirSync(lists, { recursive: true });
  writeFileSync(join(lists, 'Packages'), '');
  writeFileSync(
    join(dir, 'dists/lab/Release'),
    `Suite: lab\nCodename: lab\nComponents: main\nArchitectures: amd64\nDate: ${new Date().toUTCString()}\n`,
  );
  return dir;
}

/**
 * Shows that the lab's private apt states verify what they fetch: a repository without a signature, and Debian's own
 * checked against a keyring that does not hold its keys, must both be refused.
 * @throws Error when apt accepts one of them.
 */
export async function checkVerification(): Promise<void> {
  const dir = unsignedRepository();
  const { main } = await machineMirrors();
  const empty = join(place('tmp'), 'no-keys.gpg');
  writeFileSync(empty, '');
  await refused('a repository without a signature', () =>
    openAptState('check-unsigned', 'amd64', [`file:${dir} lab main`]),
  );
  await refused('Debian’s lists, none of the keys', () =>
    openAptState('check-keys', 'amd64', [`${main} bookworm main`], empty),
  );
  await shell('rm -rf "$@"', dir, join(place('apt'), 'check-unsigned'), join(place('apt'), 'check-keys'));
  rmSync(empty);
}
