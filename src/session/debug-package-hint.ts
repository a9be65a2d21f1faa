/** What tells a distribution's kernels apart. */
export interface KernelNames {
  /** `uname -r` */
  readonly release?: string;
  /** `uname -v` */
  readonly version?: string;
  /** `Linux version ...` with builder and compiler. */
  readonly linuxBanner?: string;
}

/** The package that holds a kernel's debug information. */
export interface DebugPackage {
  readonly distribution: string;
  readonly name: string;
  /** What installs it there, ready to be run as root. */
  readonly command: string;
}

type Rule = (release: string, banner: string) => DebugPackage | undefined;

/**
 * The package with the debug information of a kernel and the command that installs it, told from how each distribution
 * names and builds its kernels; undefined for kernels that nobody packages.
 */
export function debugPackageHint({ release, version, linuxBanner }: KernelNames): DebugPackage | undefined {
  if (release === undefined || !/^[\w.+~-]{1,128}$/.test(release)) return undefined; // it becomes part of a command
  const banner = `${version ?? ''} ${linuxBanner ?? ''}`;
  for (const rule of RULES) {
    const found = rule(release, banner);
    if (found) return found;
  }
  return undefined;
}

const RULES: readonly Rule[] = [
  (release, banner) => {
    if (!/deepin|uniontech|\buos\b/i.test(`${release} ${banner}`)) return undefined;
    const name = `linux-image-${release}-dbg`;
    return { distribution: 'deepin or UOS', name, command: `apt install ${name}` };
  },
  (release, banner) => {
    // https://documentation.ubuntu.com/server/reference/debugging/debug-symbol-packages/
    if (!/\bUbuntu\b|~ubuntu|buildd@lcy/i.test(banner)) return undefined;
    const name = `linux-image-${release}-dbgsym`;
    const source = 'deb http://ddebs.ubuntu.com $(lsb_release -cs)-updates main universe';
    const command =
      `apt install ubuntu-dbgsym-keyring && echo "${source}" > /etc/apt/sources.list.d/ddebs.list && ` +
      `apt update && apt install ${name}`;
    return { distribution: 'Ubuntu', name, command };
  },
  (release, banner) => {
    if (!/\bDebian\b|debian-kernel@/.test(banner)) return undefined;
    const name = `linux-image-${release}-dbg`;
    return { distribution: 'Debian', name, command: `apt install ${name}` };
  },
  (release) => {
    const m = /\.fc(\d+)\./.exec(release);
    if (!m) return undefined;
    const name = `kernel-debuginfo-${release}`;
    return { distribution: `Fedora ${m[1]}`, name, command: `dnf --enablerepo='*debug*' install ${name}` };
  },
  (release) => {
    // RHEL, CentOS, Alma, Rocky: `.el9_4.x86_64`; the real-time, 64k and debug variants append `+rt` and so on.
    const m = /\.el(\d+)/.exec(release);
    if (!m) return undefined;
    const variant = /\+(.+)$/.exec(release)?.[1];
    const plain = release.replace(/\+.+$/, '');
    const name = /uek/.test(release)
      ? `kernel-uek-debuginfo-${plain}`
      : `kernel-${variant ? `${variant}-` : ''}debuginfo-${plain}`;
    const tool = Number(m[1]) >= 8 ? 'dnf debuginfo-install' : 'debuginfo-install';
    const kernel = /uek/.test(release) ? 'kernel-uek' : variant ? `kernel-${variant}` : 'kernel';
    return { distribution: `the RHEL ${m[1]} family`, name, command: `${tool} ${kernel}-${plain}` };
  },
  (release) => {
    const m = /\.(oe|amzn|an|al|tl|ky|cs|uelc)(\d+)/.exec(release);
    if (!m) return undefined;
    const name = `kernel-debuginfo-${release}`;
    return {
      distribution: FAMILIES[m[1] as string] ?? 'an RPM family',
      name,
      command: `dnf --enablerepo='*debug*' install ${name}`,
    };
  },
  (release, banner) => {
    if (!/\bsuse\b|geeko@buildhost/i.test(banner) && !/-(?:default|azure|preempt)$/.test(release)) return undefined;
    const flavour = /-([a-z]+)$/.exec(release)?.[1] ?? 'default';
    const version = release.replace(/-[a-z]+$/, '');
    const command = `zypper --plus-content debug install kernel-${flavour}-debuginfo-${version}`;
    return { distribution: 'SUSE', name: `kernel-${flavour}-debuginfo for ${release}`, command };
  },
  (release, banner) => {
    if (!/-(?:arch|lts|zen|hardened)\d*-\d+|-\d+-(?:lts|zen|hardened)$|@archlinux/.test(`${release} ${banner}`))
      return undefined;
    const flavour = /(lts|zen|hardened)/.exec(release)?.[1];
    const name = `linux${flavour ? `-${flavour}` : ''}-debug`;
    return { distribution: 'Arch', name, command: `DEBUGINFOD_URLS=https://debuginfod.archlinux.org inquest ...` };
  },
];

const FAMILIES: Readonly<Record<string, string>> = {
  oe: 'openEuler',
  amzn: 'Amazon Linux',
  an: 'Anolis OS',
  al: 'Alibaba Cloud Linux',
  tl: 'TencentOS',
  ky: 'Kylin',
  cs: 'OpenCloudOS',
};
