import { git } from './run-git.ts';

/** The kernel that the source is for. */
export interface SourceOf {
  readonly release?: string;
  readonly version?: string;
}

/** The tag or commit of the kernel's release; undefined when the repository has none of the names that it may have. */
export function kernelRevision(folder: string, kernel: SourceOf): string | undefined {
  const names = revisionNames(kernel).filter((name) => /^[\w][\w./+-]{0,127}$/.test(name));
  const asked = names.map((name) => `${name}^{commit}\n`).join('');
  const answers = git(folder, ['cat-file', '--batch-check=%(objecttype)'], asked)?.split('\n') ?? [];
  return names[answers.indexOf('commit')];
}

/** Names of tags and commits by which trees know a release; the surest first. */
function revisionNames(kernel: SourceOf): string[] {
  const names: string[] = [];
  const release = kernel.release ?? '';
  const version = kernel.version ?? '';
  const commit = /-g([0-9a-f]{7,40})(?:$|[^0-9a-f])/.exec(release)?.[1]; // CONFIG_LOCALVERSION_AUTO
  if (commit !== undefined) names.push(commit);
  const debian = /\bDebian (\d+\.\d[\w.~+]*-\d[\w.~+]*)/.exec(version)?.[1]; // `Debian 6.1.192-2`
  if (debian !== undefined) names.push(`debian/${debian.replaceAll('~', '_')}`);
  const ubuntu = /#(\d+)(?:~([\d.]+))?-Ubuntu/.exec(version); // `6.8.0-45-generic`, `#45~22.04.1-Ubuntu`
  const base = /^((\d+\.\d+)\.\d+-\d+)-/.exec(release);
  if (ubuntu && base) {
    const [, number = '', backport] = ubuntu;
    if (backport === undefined) names.push(`Ubuntu-${base[1]}.${number}`);
    else names.push(`Ubuntu-hwe-${base[2]}-${base[1]}.${number}_${backport}`);
  }
  const plain = release
    .replace(/\+.*$|\.debug$/, '')
    .replace(/\.(?:x86_64|aarch64|ppc64le|s390x|riscv64|loongarch64)$/, '');
  names.push(`kernel-${plain}`, `rpm-${release.replace(/-[a-z]\w*$/, '')}`, release);
  const arch = /^(\d+\.\d+(?:\.\d+)?-arch\d+)-\d+$/.exec(release)?.[1];
  if (arch !== undefined) names.push(`v${arch}`);
  const euler = /^(\d+\.\d+\.\d+-\d+\.\d+\.\d+)\.\d+\.oe\d/.exec(release)?.[1];
  if (euler !== undefined) names.push(euler);
  for (const upstream of versionsOf(kernel)) names.push(`v${upstream}`);
  return names;
}

/** Upstream versions that the kernel says it is: of a package's own number first, for its release may stand still. */
export function versionsOf(kernel: SourceOf): string[] {
  const own = /\b(\d+\.\d+\.\d+)-\d/.exec(kernel.version ?? '')?.[1];
  const release = /^(\d+\.\d+)(\.\d+)?(-rc\d+)?/.exec(kernel.release ?? '');
  const found = own === undefined ? [] : [own];
  if (release) {
    const [, base = '', sub = '', rc = ''] = release;
    found.push(`${base}${sub === '.0' ? '' : sub}${rc}`);
  }
  return found;
}
