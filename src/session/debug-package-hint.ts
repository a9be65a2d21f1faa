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
    // `6.6.51-amd64-desktop-hwe`, version `#23.01.00.38.1 SMP`; their servers are an RPM family.
    if (/\.uelc?\d/.test(release)) return undefined;
    const named = /deepin|uniontech|\buos\b/i.test(`${release} ${banner}`);
    if (!named && !/-(?:amd64|arm64|loong(?:arch)?64)-desktop(?:-hwe)?$/.test(release)) return undefined;
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
    const { plain, variant } = rpmVariant(release);
    const name = `kernel-${variant}debuginfo-${plain}`;
    return { distribution: `Fedora ${m[1]}`, name, command: `dnf --enablerepo='*debug*' install ${name}` };
  },
  (release) => {
    // RHEL, CentOS, Alma, Rocky, Oracle: `.el9_4.x86_64`.
    const m = /\.el(\d+)/.exec(release);
    if (!m) return undefined;
    const { plain, variant } = rpmVariant(release);
    const kernel = /uek/.test(release) ? 'kernel-uek' : `kernel-${variant}`.replace(/-$/, '');
    const name = `${kernel}-debuginfo-${plain}`;
    const tool = Number(m[1]) >= 8 ? 'dnf debuginfo-install' : 'debuginfo-install';
    return { distribution: `the RHEL ${m[1]} family`, name, command: `${tool} ${kernel}-${plain}` };
  },
  (release) => {
    const m = /\.(oe|amzn|an|al|tl|ky|oc|uelc?)(\d+)/.exec(release);
    if (!m) return undefined;
    const name = `kernel-debuginfo-${release}`;
    return {
      distribution: FAMILIES[m[1] as string] ?? 'an RPM family',
      name,
      command: `${m[0] === '.amzn2' ? 'yum' : 'dnf'} --enablerepo='*debug*' install ${name}`,
    };
  },
  (release, banner) => {
    const flavours = /-(?:default|azure|preempt|rt|64kb|kvmsmall|longterm|vanilla)$/;
    if (!/\bsuse\b|geeko@buildhost/i.test(banner) && !(flavours.test(release) && !/-rt$/.test(release)))
      return undefined;
    const flavour = /-([a-z\d]*[a-z][a-z\d]*)$/.exec(release)?.[1] ?? 'default';
    const version = release.replace(/-[a-z\d]*[a-z][a-z\d]*$/, '');
    // The release of the package has a further number, of the rebuild, that `uname -r` leaves out.
    const pattern = `${version.replaceAll('.', '\\.')}\\.[0-9.]*`;
    const search = `zypper --plus-content debug search -s kernel-${flavour}-debuginfo`;
    const command = `zypper --plus-content debug install kernel-${flavour}-debuginfo-$(${search} | grep -o '${pattern}' | head -n 1)`;
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

/**
 * Variants of RPM kernels: `+debug`, `+rt`, `+64k`, `+rt-debug`; before RHEL 8 `.debug` at the end; before RHEL 9 `.rt7.` in
 * the release, that then belongs to the package's version. @returns the variant with a dash behind it, or nothing
 */
function rpmVariant(release: string): { readonly plain: string; readonly variant: string } {
  const m = /^(.*?)(?:\+(.+)|\.(debug))?$/.exec(release);
  const plain = m?.[1] ?? release;
  const words = [/\.rt\d+\./.test(plain) ? 'rt' : '', m?.[2] ?? m?.[3] ?? ''].filter((word) => word !== '');
  return { plain, variant: words.map((word) => `${word}-`).join('') };
}

const FAMILIES: Readonly<Record<string, string>> = {
  oe: 'openEuler',
  amzn: 'Amazon Linux',
  an: 'Anolis OS',
  al: 'Alibaba Cloud Linux',
  tl: 'TencentOS',
  ky: 'Kylin',
  oc: 'OpenCloudOS',
  uel: 'UOS Server',
  uelc: 'UOS Server',
};
