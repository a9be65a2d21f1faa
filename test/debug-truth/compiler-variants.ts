import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A program that was built. */
export interface Built {
  readonly path: string;
  /** The file that dwz moved common parts to. */
  readonly alt?: string;
  /** It prints its structs' layouts when it has an argument. */
  readonly layout: boolean;
  /** GNU's addr2line reads it, llvm-symbolizer does not. */
  readonly gnu?: boolean;
  /** Variables without a place in the program are left out of the debug information. */
  readonly whole?: boolean;
  /** Its debug information has macros. */
  readonly macros: boolean;
}

/** A way to build the programs. */
export interface Variant {
  readonly name: string;
  readonly tools: readonly string[];
  build(folder: string): Built;
}

function run(folder: string, tool: string, args: readonly string[]): void {
  execFileSync(tool, args, { cwd: folder, stdio: 'pipe' });
}

/** A C program of two files. @param after steps on the linked program `prog` */
function c(
  name: string,
  cc: string,
  flags: string,
  more: {
    tools?: string[];
    macros?: true;
    after?: (folder: string) => void;
    alt?: string;
    link?: string;
    gnu?: true;
    bare?: true;
  } = {},
): Variant {
  return {
    name: `${cc}${name}`,
    tools: [cc, ...(more.tools ?? [])],
    build(folder) {
      const options = ['-O2', '-fno-pie', ...flags.split(' ').filter((f) => f !== '')];
      for (const part of ['main', 'other'])
        run(folder, cc, [...options, '-c', `${folder}/${part}.c`, '-o', `${part}.o`]);
      run(folder, cc, [
        ...options,
        '-no-pie',
        ...(more.link ?? '').split(' ').filter((f) => f !== ''),
        'main.o',
        'other.o',
        '-o',
        'prog',
      ]);
      more.after?.(folder);
      return {
        path: join(folder, 'prog'),
        ...(more.alt && { alt: join(folder, more.alt) }),
        layout: more.bare !== true,
        whole: !flags.includes('-flto'),
        ...(more.gnu && { gnu: true }),
        macros: more.macros === true,
      };
    },
  };
}

function rust(name: string, flags: readonly string[]): Variant {
  return {
    name: `rustc${name}`,
    tools: ['rustc'],
    build(folder) {
      run(folder, 'rustc', ['-O', '-g', ...flags, 'main.rs', '-o', 'prog']);
      return { path: join(folder, 'prog'), layout: false, macros: false };
    },
  };
}

const both = (make: (cc: string) => readonly Variant[]): Variant[] => ['gcc', 'clang'].flatMap(make);

/** Every way that kernels and modules are built, and the others that the formats have. */
export const variants: readonly Variant[] = [
  ...both((cc) => [
    ...[2, 3, 4, 5].map((v) => c(`-dwarf${v}`, cc, `-gdwarf-${v}`)),
    ...[3, 4, 5].map((v) => c(`-dwarf${v}-wide`, cc, `-gdwarf-${v} -gdwarf64`)),
    c('-O0', cc, '-g -O0'),
    c('-sections', cc, '-g -ffunction-sections -fdata-sections', { link: '-Wl,--gc-sections' }),
    c('-lto4', cc, '-gdwarf-4 -flto', cc === 'clang' ? { tools: ['ld.lld'], link: '-fuse-ld=lld' } : {}),
    c('-lto5', cc, '-gdwarf-5 -flto', cc === 'clang' ? { tools: ['ld.lld'], link: '-fuse-ld=lld' } : {}),
    c('-types4', cc, '-gdwarf-4 -fdebug-types-section'),
    c('-types5', cc, '-gdwarf-5 -fdebug-types-section'),
    c('-split4', cc, '-gdwarf-4 -gsplit-dwarf'),
    c('-split5', cc, '-gdwarf-5 -gsplit-dwarf'),
    c('-split4-types', cc, '-gdwarf-4 -gsplit-dwarf -fdebug-types-section'),
    c('-split5-types', cc, '-gdwarf-5 -gsplit-dwarf -fdebug-types-section'),
    ...[4, 5].map((v) =>
      c(`-dwp${v}`, cc, `-gdwarf-${v} -gsplit-dwarf -fdebug-types-section`, {
        tools: ['llvm-dwp'],
        after: (folder) => {
          run(folder, 'sh', ['-c', 'llvm-dwp *.dwo -o prog.dwp && rm *.dwo']);
        },
      }),
    ),
    ...[4, 5].map((v) =>
      c(`-macro${v}`, cc, cc === 'gcc' ? `-gdwarf-${v} -g3` : `-gdwarf-${v} -fdebug-macro`, { macros: true }),
    ),
    c('-gz-zlib', cc, '-g -gz=zlib', { link: '-gz=zlib' }),
    c('-gz-zstd', cc, '-g -gz=zstd', { link: '-gz=zstd' }),
    ...[4, 5].map((v) =>
      c(`-dwz${v}`, cc, `-gdwarf-${v}`, {
        tools: ['dwz'],
        after: (folder) => run(folder, 'dwz', ['prog']),
      }),
    ),
    ...[4, 5].map((v) =>
      c(`-dwz-multi${v}`, cc, `-gdwarf-${v} ${cc === 'gcc' ? '-g3' : ''}`, {
        tools: ['dwz'],
        ...(cc === 'gcc' && { macros: true as const }),
        alt: 'common.debug',
        after: (folder) => run(folder, 'sh', ['-c', 'cp prog prog2 && dwz -m common.debug prog prog2']),
      }),
    ),
  ]),
  c('-macinfo', 'gcc', '-gdwarf-3 -g3 -gstrict-dwarf', { macros: true }),
  c('-zgnu', 'gcc', '-gdwarf-4', {
    gnu: true,
    tools: ['objcopy'],
    after: (folder) => run(folder, 'objcopy', ['--compress-debug-sections=zlib-gnu', 'prog']),
  }),
  // GCC loses what these import from each other.
  ...[4, 5].map((v) => c(`-split${v}-macro`, 'clang', `-gsplit-dwarf -gdwarf-${v} -fdebug-macro`, { macros: true })),
  c('-simple-template-names', 'clang', '-gdwarf-5 -gpubnames'),
  c('-names', 'clang', '-gdwarf-5 -gpubnames -mllvm -accel-tables=Dwarf'),
  c('-names-types', 'clang', '-gdwarf-4 -mllvm -accel-tables=Dwarf'),
  c('-profiling', 'clang', '-gdwarf-4 -fdebug-info-for-profiling -gcolumn-info'),
  c('-inline-lines', 'clang', '-gdwarf-5 -gmlt', { bare: true }),
  rust('', []),
  rust('-dwarf5', ['-Z', 'dwarf-version=5']),
  rust('-lto', ['-C', 'lto']),
];
