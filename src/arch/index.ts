import type { Architecture } from '../program/ports.ts';
import { arm64 } from './arm64.ts';
import { loongarch64 } from './loongarch64.ts';
import { ppc64le } from './ppc64le.ts';
import { riscv64 } from './riscv64.ts';
import { s390x } from './s390x.ts';
import { x86_64 } from './x86-64.ts';

/** Every CPU that this package knows; a new one is one more line. */
export const architectures: readonly Architecture[] = [x86_64, arm64, loongarch64, ppc64le, riscv64, s390x];
