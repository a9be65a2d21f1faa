/** Debian's names of the architectures whose kernels the lab boots. */
export type Arch = 'amd64' | 'arm64' | 'riscv64' | 's390x' | 'ppc64el' | 'loong64';

/** What the lab needs to build for a machine and to boot it. */
export interface Machine {
  /** QEMU's program and the package of Debian 12 that has it. */
  readonly program: string;
  readonly package: string;
  /** Debian's suite whose QEMU is unpacked apart, where Debian 12's cannot boot or dump this machine. */
  readonly qemuSuite?: string;
  readonly machine: string;
  readonly cpu: string;
  /** The kernel's name of the serial console. */
  readonly console: string;
  /** The bus of virtio devices. */
  readonly bus: 'pci' | 'ccw';
  /** Whether QEMU has its vmcoreinfo device for it. */
  readonly vmcoreinfo: boolean;
  /**
   * A panic stops the machine, in a wait that nothing ends, before the kernel writes the last line of its panic.
   * Otherwise that line tells that it is over.
   */
  readonly stopsInPanic?: boolean;
  readonly memMiB: number;
  /** More of the kernel's command line that this machine wants. */
  readonly append?: string;
  /** More arguments of QEMU. */
  readonly extra?: readonly string[];
  /** `ARCH=` of the kernel's make. */
  readonly kernelArch: string;
  /** GNU triplet of the cross compiler; undefined: the compiler of the lab itself. */
  readonly triplet?: string;
  /** Suite of the user-side programs: the oldest one that has the architecture. */
  readonly userSuite: string;
  /**
   * Whether packages come from the suite's security archive too; that of some architectures is out of step with its signed
   * index now and then, which apt refuses. Without it they come from the main archive alone, signed all the same.
   */
  readonly security: boolean;
}

const COMMON = { bus: 'pci', vmcoreinfo: true, memMiB: 768, userSuite: 'bookworm', security: true } as const;

/** One row a machine; a new one is one more. */
export const MACHINES: Readonly<Record<Arch, Machine>> = {
  amd64: {
    ...COMMON,
    program: 'qemu-system-x86_64',
    package: 'qemu-system-x86',
    machine: 'q35',
    cpu: 'max,la57=off',
    console: 'ttyS0',
    memMiB: 512,
    kernelArch: 'x86_64',
  },
  arm64: {
    ...COMMON,
    program: 'qemu-system-aarch64',
    package: 'qemu-system-arm',
    machine: 'virt',
    cpu: 'cortex-a72',
    console: 'ttyAMA0',
    kernelArch: 'arm64',
    triplet: 'aarch64-linux-gnu',
  },
  riscv64: {
    ...COMMON,
    program: 'qemu-system-riscv64',
    package: 'qemu-system-riscv',
    qemuSuite: 'trixie',
    machine: 'virt',
    cpu: 'rv64',
    console: 'ttyS0',
    kernelArch: 'riscv',
    triplet: 'riscv64-linux-gnu',
    userSuite: 'trixie',
    security: false,
  },
  s390x: {
    ...COMMON,
    program: 'qemu-system-s390x',
    package: 'qemu-system-s390x',
    qemuSuite: 'trixie',
    machine: 's390-ccw-virtio',
    cpu: 'max',
    console: 'ttysclp0',
    bus: 'ccw',
    vmcoreinfo: false,
    stopsInPanic: true,
    security: false,
    kernelArch: 's390',
    triplet: 's390x-linux-gnu',
  },
  ppc64el: {
    ...COMMON,
    program: 'qemu-system-ppc64',
    package: 'qemu-system-ppc',
    machine: 'pseries',
    cpu: 'power9',
    console: 'hvc0',
    vmcoreinfo: false,
    memMiB: 1024,
    extra: ['-action', 'panic=none'], // a panic ends in RTAS os-term, which would end QEMU
    kernelArch: 'powerpc',
    triplet: 'powerpc64le-linux-gnu',
    security: false,
  },
  loong64: {
    ...COMMON,
    program: 'qemu-system-loongarch64',
    package: 'qemu-system-misc',
    qemuSuite: 'sid',
    machine: 'virt',
    cpu: 'la464',
    console: 'ttyS0',
    append: 'initcall_blacklist=i8042_init', // there is no such controller, and to look for it is fatal
    memMiB: 1024,
    kernelArch: 'loongarch',
    triplet: 'loongarch64-linux-gnu',
    userSuite: 'sid',
  },
};

/** Packages of the cross compiler, of a version where one is given. */
export function compilerPackages(arch: Arch, version?: string): string[] {
  const { triplet } = MACHINES[arch];
  if (triplet === undefined) return version === undefined ? [] : [`gcc-${version}`];
  return [...(version === undefined ? [] : [`gcc-${version}-${triplet}`]), `gcc-${triplet}`];
}

/** What the names of a cross compiler's programs begin with. */
export function crossPrefix(arch: Arch): string {
  const { triplet } = MACHINES[arch];
  return triplet === undefined ? '' : `${triplet}-`;
}
