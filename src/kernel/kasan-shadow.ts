import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { kernelConfig } from './ikconfig.ts';

/** KASAN_SHADOW_SCALE_SHIFT of the generic mode: a byte of shadow tells of so many bytes of memory. */
const SCALE = 3n;
const GRANULE: Bytes = 8;

/** Free, and its free track is kept in it or behind it: the object waits in the quarantine. */
const FREED_WITH_TRACK = 0xfa;

/** What a byte of shadow means of its 8 bytes (mm/kasan/kasan.h, Linux 4.0 to 7.2; those of the stack are the compiler's). */
const MEANINGS = {
  255: 'freed-page',
  254: 'page-redzone',
  252: 'slab-redzone',
  251: 'freed-object',
  [FREED_WITH_TRACK]: 'freed-object',
  249: 'global-redzone',
  248: 'vmalloc-redzone',
  241: 'stack-redzone',
  242: 'stack-redzone',
  243: 'stack-redzone',
  244: 'stack-redzone',
  202: 'alloca-redzone',
  203: 'alloca-redzone',
} as const satisfies Readonly<Record<number, string>>;

/** KASAN's word on 8 bytes of memory. */
export interface KasanShadow {
  readonly byte: number;
  /** `partial`: only the first `byte` bytes may be accessed. */
  readonly meaning: 'accessible' | 'partial' | 'unknown' | (typeof MEANINGS)[keyof typeof MEANINGS];
}

/** What KASAN's generic mode holds of an address. Undefined where the kernel has no shadow, or it is not in the dump. */
export function kasanShadow(prog: Program, at: Addr): KasanShadow | undefined {
  const where = kasanShadowAddress(prog, at);
  const one = new Uint8Array(1);
  if (where === undefined || prog.memory.tryRead(where, one)) return undefined;
  const byte = one[0] as number;
  const meanings: Readonly<Record<number, KasanShadow['meaning']>> = MEANINGS;
  return { byte, meaning: byte === 0 ? 'accessible' : byte < GRANULE ? 'partial' : (meanings[byte] ?? 'unknown') };
}

/** Where KASAN's byte of an address is. Undefined where the kernel has no shadow. */
export function kasanShadowAddress(prog: Program, at: Addr): Addr | undefined {
  const offset = shadowOffset(prog);
  return offset === undefined ? undefined : BigInt.asUintN(64, (at >> SCALE) + offset);
}

/**
 * Whether KASAN holds an object as freed: the first byte of its shadow says so. Undefined where that is not known.
 * An object that is freed waits in the quarantine, in which the allocator counts it as allocated.
 */
export function kasanFreed(prog: Program, object: Addr): boolean | undefined {
  const shadow = kasanShadow(prog, object);
  return shadow && shadow.meaning === 'freed-object';
}

/** Whether the object's free track is there: it is overwritten, or not yet written, otherwise. */
export function hasFreeTrack(prog: Program, object: Addr): boolean | undefined {
  const shadow = kasanShadow(prog, object);
  return shadow && shadow.byte === FREED_WITH_TRACK;
}

/**
 * Bytes from `at` on that may be accessed without a gap, to a bound.
 * Of an object of a general cache that is the size that was asked for.
 */
export function accessibleBytes(prog: Program, at: Addr, most: Bytes): Bytes | undefined {
  const where = kasanShadowAddress(prog, at);
  if (where === undefined || most <= 0 || at % BigInt(GRANULE) !== 0n) return undefined;
  const shadow = new Uint8Array(Math.ceil(most / GRANULE));
  if (prog.memory.tryRead(where, shadow)) return undefined;
  const end = shadow.findIndex((byte) => byte !== 0);
  if (end < 0) return most;
  const last = shadow[end] as number;
  return Math.min(most, end * GRANULE + (last < GRANULE ? last : 0));
}

/** KASAN_SHADOW_OFFSET of a kernel with the generic mode: as it was built, or as its CPU has it. */
const shadowOffset = perOwner((prog: Program): bigint | undefined => {
  if (!prog.findType('kasan_free_meta') && !prog.findSymbol('__asan_load8_noabort')) return undefined;
  const built = attempt(() => kernelConfig(prog).find((line) => line.startsWith('CONFIG_KASAN_SHADOW_OFFSET=')));
  const text = built?.slice(built.indexOf('=') + 1) ?? '';
  return /^0x[0-9a-f]{1,16}$/i.test(text) ? BigInt(text) : prog.arch.kasanShadowOffset;
});
