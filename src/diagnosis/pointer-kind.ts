import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';

/** What a value that was used as an address tells by itself. */
export interface PointerKind {
  readonly kind:
    | 'null'
    | 'error'
    | 'list-poison'
    | 'freed'
    | 'uninitialised'
    | 'red-zone'
    | 'poison'
    | 'fill'
    | 'text'
    | 'wild';
  readonly words: Phrase;
}

/** Below: a member of a structure at NULL. */
const NULL_AREA = 0x1000n;
const ERRORS = 4095n;
const TOP = 1n << 64n;

/** POISON_POINTER_DELTA of the 64-bit CPUs (CONFIG_ILLEGAL_POINTER_VALUE), and offsets of include/linux/poison.h. */
const DELTA = 0xdead000000000000n;
const LISTS: readonly (readonly [bigint, string])[] = [
  [0x100n, 'LIST_POISON1'],
  [0x122n, 'LIST_POISON2'],
];
/** A member of what the poison stands for. */
const NEAR = 0x100n;

/** Bytes that fill memory: include/linux/poison.h. */
const FILLS: readonly (readonly [number, PointerKind['kind'], Phrase])[] = [
  [
    0x6b,
    'freed',
    { en: 'POISON_FREE, with which the allocator fills freed memory', zh: 'POISON_FREE，分配器用它填充已释放的内存' },
  ],
  [
    0x5a,
    'uninitialised',
    {
      en: 'POISON_INUSE, with which the allocator fills new memory',
      zh: 'POISON_INUSE，分配器用它填充尚未初始化的内存',
    },
  ],
  [0xbb, 'red-zone', { en: 'the red zone of a free object', zh: '空闲对象的红区' }],
  [0xcc, 'red-zone', { en: 'the red zone of an object in use', zh: '使用中对象的红区' }],
  [0xaa, 'poison', { en: 'PAGE_POISON, with which freed pages are filled', zh: 'PAGE_POISON，已释放的页用它填充' }],
  [0xfe, 'poison', { en: 'freed init memory', zh: '已释放的 init 内存' }],
];

/** What kind of pointer a bad address is, or is near to. @param canonical whether the CPU can translate such an address at all */
export function pointerKind(address: bigint): PointerKind {
  if (address < NULL_AREA) {
    return { kind: 'null', words: { en: `NULL + ${hex(address)}`, zh: `NULL + ${hex(address)}` } };
  }
  if (address >= TOP - ERRORS) {
    const code = TOP - address;
    // a structure begins in front of its member, and pointers are aligned
    const orLess = (code & 7n) === 0n;
    return {
      kind: 'error',
      words: {
        en: `error code -${code} used as a pointer${orLess ? `, or NULL less ${hex(code)}, as container_of() makes of NULL` : ''}`,
        zh: `错误码 -${code} 被当作指针使用${orLess ? `，或者是 NULL 减去 ${hex(code)}（container_of() 作用于 NULL 的结果）` : ''}`,
      },
    };
  }
  return listPoison(address) ?? filled(address) ?? repeated(address) ?? text(address) ?? wild();
}

/** Whether a value is an error code as ERR_PTR() makes it. */
export function isErrorPointer(value: bigint): boolean {
  return value >= TOP - ERRORS;
}

function listPoison(address: bigint): PointerKind | undefined {
  if (address >> 48n !== DELTA >> 48n) return undefined;
  const lists = LISTS.map(([offset, name]) => ({ distance: address - (DELTA + offset), name }));
  const [nearest] = lists.sort((a, b) => Number(size(a.distance) - size(b.distance)));
  if (!nearest || size(nearest.distance) > NEAR) {
    return { kind: 'poison', words: { en: 'a poisoned pointer (0xdead…)', zh: '被毒化的指针（0xdead…）' } };
  }
  const { distance, name } = nearest;
  const place = distance === 0n ? '' : distance > 0n ? ` + ${hex(distance)}` : ` - ${hex(-distance)}`;
  return {
    kind: 'list-poison',
    words: {
      en: `${name}${place}: an entry that was removed from its list`,
      zh: `${name}${place}：已从链表删除的节点`,
    },
  };
}

function size(distance: bigint): bigint {
  return distance < 0n ? -distance : distance;
}

/** Most bytes are one filling; the lowest may differ where a member is meant, the highest ends an object (0xa5). */
function filled(address: bigint): PointerKind | undefined {
  const bytes = Array.from({ length: 8 }, (_, i) => Number((address >> BigInt(8 * i)) & 0xffn));
  for (const [byte, kind, words] of FILLS) {
    if (bytes.filter((b) => b === byte).length >= 6) return { kind, words };
  }
  return undefined;
}

/**
 * One byte over and over, as memset() leaves it; the lowest may differ where a member is meant, and some CPUs do not tell the
 * highest.
 */
function repeated(address: bigint): PointerKind | undefined {
  const bytes = Array.from({ length: 8 }, (_, i) => Number((address >> BigInt(8 * i)) & 0xffn));
  const byte = bytes[6] as number;
  const told = bytes[7] === 0 ? bytes.slice(0, 7) : bytes;
  if (byte === 0 || byte === 0xff || told.at(-1) !== byte || told.filter((b) => b === byte).length < 6)
    return undefined;
  const shown = byte > 0x20 && byte < 0x7f ? `${hex(byte)} ("${String.fromCharCode(byte)}")` : hex(byte);
  return {
    kind: 'fill',
    words: { en: `the byte ${shown} over and over, as a fill leaves it`, zh: `重复的字节 ${shown}，填充内存所致` },
  };
}

/** Eight letters, or seven and the end of the string. */
function text(address: bigint): PointerKind | undefined {
  const bytes = Array.from({ length: 8 }, (_, i) => Number((address >> BigInt(8 * i)) & 0xffn));
  if (bytes[7] === 0) bytes.pop();
  if (!bytes.every((b) => b >= 0x20 && b < 0x7f)) return undefined;
  const shown = String.fromCharCode(...bytes);
  return {
    kind: 'text',
    words: { en: `the text "${shown}": a string was written over a pointer`, zh: `文本 "${shown}"：指针被字符串覆盖` },
  };
}

function wild(): PointerKind {
  return { kind: 'wild', words: { en: 'an address where nothing is mapped', zh: '没有映射的地址' } };
}
