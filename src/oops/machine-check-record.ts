/** An error that a bank of a CPU reported, as arch/x86/kernel/cpu/mce/core.c prints it. */
export interface MachineCheckRecord {
  readonly cpu: number;
  readonly bank: number;
  /** MCi_STATUS */
  readonly status: bigint;
  /** MCi_ADDR, where the status says that it is one. */
  readonly address: bigint | undefined;
  /** Index of its line. */
  readonly line: number;
}

const HEAD =
  /^(?:mce: )?\[Hardware Error\]: CPU (\d{1,5}): Machine Check(?: Exception)?: [0-9a-f]{1,16} Bank (\d{1,3}): ([0-9a-f]{1,16})/;
const ADDRESS = /^(?:mce: )?\[Hardware Error\]: TSC .*\bADDR ([0-9a-f]{1,16})\b/;
/** A record has its address within so many lines. */
const NEAR = 3;
const MOST = 64;
const ADDRV = 1n << 58n;

/** Every record of a log, in its order. */
export function machineCheckRecords(lines: readonly string[]): MachineCheckRecord[] {
  const found: MachineCheckRecord[] = [];
  for (let i = 0; i < lines.length && found.length < MOST; i++) {
    const head = HEAD.exec(lines[i] as string);
    if (!head) continue;
    const status = BigInt(`0x${head[3]}`);
    const tail = lines
      .slice(i + 1, i + 1 + NEAR)
      .map((l) => ADDRESS.exec(l)?.[1])
      .find((a) => a !== undefined);
    const address = tail === undefined || (status & ADDRV) === 0n ? undefined : BigInt(`0x${tail}`);
    found.push({ cpu: Number(head[1]), bank: Number(head[2]), status, address, line: i });
  }
  return found;
}

/** Compound codes in the lowest 16 bits: Intel SDM volume 3B, "Incrementally decoding error codes"; bit 12 is a filter. */
const CODES: readonly (readonly [mask: number, value: number, en: string, zh: string])[] = [
  [0xefff, 0x0001, 'an error that the CPU does not classify', 'CPU 未分类的错误'],
  [0xefff, 0x0002, 'a parity error of the microcode ROM', '微码 ROM 奇偶校验错误'],
  [0xefff, 0x0005, 'a parity error inside the CPU', 'CPU 内部奇偶校验错误'],
  [0xefff, 0x0400, 'a timeout inside the CPU: an instruction did not end', 'CPU 内部超时：指令没有完成'],
  [0xeffc, 0x000c, 'an error of a cache', '缓存错误'],
  [0xeff0, 0x0010, 'an error of a TLB', 'TLB 错误'],
  [0xef80, 0x0080, 'an error of the memory behind a memory controller', '内存控制器之后的内存错误'],
  [0xef80, 0x0280, 'an error of memory that is used as a cache', '用作缓存的内存的错误'],
  [0xef00, 0x0100, 'an error of a cache', '缓存错误'],
  [0xe800, 0x0800, 'an error of the bus or the interconnect', '总线或互连错误'],
];

/** What a status says, as in `CPU 1, bank 9: <words>`. */
export function statusWords(status: bigint): { readonly en: string; readonly zh: string } {
  const code = Number(status & 0xffffn);
  const what = CODES.find(([mask, value]) => (code & mask) === value);
  const bit = (n: bigint): boolean => ((status >> n) & 1n) === 1n;
  const notes = [
    bit(61n) ? ['uncorrected', '未纠正'] : ['corrected', '已纠正'],
    ...(bit(57n) ? [['the state of the CPU is lost', 'CPU 状态已丢失']] : []),
    ...(bit(62n) ? [['more errors came before it was read', '读取之前又有其他错误']] : []),
  ];
  const hex = `0x${code.toString(16).padStart(4, '0')}`;
  return {
    en: `${what?.[2] ?? 'an error'} (code ${hex}, ${notes.map((n) => n[0]).join(', ')})`,
    zh: `${what?.[3] ?? '错误'}（代码 ${hex}，${notes.map((n) => n[1]).join('，')}）`,
  };
}
