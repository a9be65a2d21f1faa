/**
 * Parsers of the texts of /proc that a lab guest printed. A line that the kernel's own log tore apart on the console does
 * not parse and is left out.
 */

/** `name value` lines: /proc/vmstat. */
export function parseCounters(lines: readonly string[]): { readonly name: string; readonly value: number }[] {
  return lines.flatMap((line) => {
    const m = /^(\w+) (\d+)$/.exec(line);
    return m ? [{ name: m[1] as string, value: Number(m[2]) }] : [];
  });
}

/** `Name:  value kB` lines of /proc/meminfo; values without a unit are counts. */
export function parseMemInfo(lines: readonly string[]): { readonly name: string; readonly value: number }[] {
  return lines.flatMap((line) => {
    const m = /^([\w()]+):\s+(\d+)(?: kB)?$/.exec(line);
    return m ? [{ name: m[1] as string, value: Number(m[2]) }] : [];
  });
}

export interface SlabInfoLine {
  readonly name: string;
  readonly active: number;
  readonly total: number;
  readonly size: number;
  readonly perSlab: number;
  readonly pagesPerSlab: number;
  readonly slabs: number;
}

/** /proc/slabinfo, version 2.1. */
export function parseSlabInfo(lines: readonly string[]): SlabInfoLine[] {
  const shape =
    /^(\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+) : tunables(?:\s+\d+){3} : slabdata\s+(\d+)\s+(\d+)\s+(\d+)$/;
  return lines.flatMap((line) => {
    const m = shape.exec(line.trimEnd());
    if (!m) return [];
    const [active, total, size, perSlab, pagesPerSlab, , slabs] = m.slice(2).map(Number) as number[];
    return [{ name: m[1], active, total, size, perSlab, pagesPerSlab, slabs } as SlabInfoLine];
  });
}

export interface ZoneText {
  readonly node: number;
  readonly name: string;
  /** Everything of the form `name number`: free, min, low, high, spanned, present, managed, boost and the counters. */
  readonly values: ReadonlyMap<string, number>;
  readonly protection: readonly number[];
}

/** /proc/zoneinfo without its per-node counters and its per-CPU page sets. */
export function parseZoneInfo(lines: readonly string[]): ZoneText[] {
  const zones: (ZoneText & { values: Map<string, number>; protection: number[] })[] = [];
  let inside = false;
  for (const line of lines) {
    const head = /^Node (\d+), zone\s+(\S+)$/.exec(line);
    if (head) zones.push({ node: Number(head[1]), name: head[2] as string, values: new Map(), protection: [] });
    const zone = zones.at(-1);
    if (head || !zone || /^ {2}per-node stats$/.test(line)) inside = false;
    else if (/^ {2}pagesets/.test(line)) inside = false;
    else {
      if (/^ {2}pages free /.test(line)) inside = true;
      const protection = /^\s+protection: \(([\d, ]+)\)$/.exec(line);
      if (protection) zone.protection.push(...(protection[1] as string).split(', ').map(Number));
      const m = /^ +(?:pages )?(\w+) +(\d+)$/.exec(line);
      if (inside && m) zone.values.set(m[1] as string, Number(m[2]));
    }
  }
  return zones;
}

/** `Node 0, zone DMA 1 0 ...` of /proc/buddyinfo: free blocks by order. */
export function parseBuddyInfo(lines: readonly string[]): { node: number; zone: string; blocks: readonly number[] }[] {
  return lines.flatMap((line) => {
    const m = /^Node (\d+), zone\s+(\S+)((?:\s+\d+)+)\s*$/.exec(line);
    if (!m) return [];
    return [{ node: Number(m[1]), zone: m[2] as string, blocks: (m[3] as string).trim().split(/\s+/).map(Number) }];
  });
}

/** Octal escapes of names (`\040`). */
export function unescapeName(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, o: string) => String.fromCharCode(Number.parseInt(o, 8)));
}

/** /proc/swaps; sizes in KiB. */
export function parseSwaps(
  lines: readonly string[],
): { path: string; kind: string; sizeKiB: number; usedKiB: number; priority: number }[] {
  return lines.flatMap((line) => {
    const m = /^(\S+)\s+(partition|file)\s+(\d+)\s+(\d+)\s+(-?\d+)$/.exec(line);
    if (!m) return [];
    const [sizeKiB, usedKiB, priority] = m.slice(3).map(Number) as [number, number, number];
    return [{ path: unescapeName(m[1] as string), kind: m[2] as string, sizeKiB, usedKiB, priority }];
  });
}

export interface MapsLine {
  readonly start: bigint;
  readonly end: bigint;
  readonly permissions: string;
  readonly offset: bigint;
  /** `fe:00` */
  readonly device: string;
  readonly inode: bigint;
  readonly name: string;
}

/** /proc/PID/maps without the vsyscall page, which belongs to no process. */
export function parseMaps(lines: readonly string[]): MapsLine[] {
  const shape = /^([0-9a-f]+)-([0-9a-f]+) ([-r][-w][-x][ps]) ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+)\s*(.*)$/;
  return lines.flatMap((line) => {
    const m = shape.exec(line);
    if (!m || m[7] === '[vsyscall]') return [];
    const [start, end, offset] = [m[1], m[2], m[4]].map((t) => BigInt(`0x${t}`)) as [bigint, bigint, bigint];
    return [
      { start, end, permissions: m[3], offset, device: m[5], inode: BigInt(m[6] as string), name: m[7] } as MapsLine,
    ];
  });
}

/** `number position flags target`, as the guest lists descriptors. */
export function parseFds(lines: readonly string[]): { fd: number; position: bigint; flags: number; path: string }[] {
  return lines.flatMap((line) => {
    const m = /^(\d+) (-?\d+) 0([0-7]+) (.+)$/.exec(line);
    if (!m) return [];
    const flags = Number.parseInt(m[3] as string, 8);
    return [{ fd: Number(m[1]), position: BigInt(m[2] as string), flags, path: m[4] as string }];
  });
}

/** Numbered lines of /proc/interrupts: counts by CPU, and the rest of the line. */
export function parseInterrupts(lines: readonly string[]): { irq: number; counts: readonly number[]; text: string }[] {
  const cpus = (lines[0] ?? '').trim().split(/\s+/).length;
  const shape = new RegExp(`^\\s*(\\d+):((?:\\s+\\d+){${cpus}})\\s+(\\S.*)$`);
  return lines.slice(1).flatMap((line) => {
    const m = shape.exec(line);
    if (!m) return [];
    const counts = (m[2] as string).trim().split(/\s+/).map(Number);
    return [{ irq: Number(m[1]), counts, text: (m[3] as string).trimEnd() }];
  });
}

export interface TimerText {
  readonly cpu: number;
  readonly clock: number;
  readonly function: string;
  readonly softExpires: bigint;
  readonly expires: bigint;
}

/** /proc/timer_list: the high-resolution timers that were queued, and the time at which they were listed. */
export function parseTimerList(lines: readonly string[]): { now: bigint | undefined; timers: readonly TimerText[] } {
  const timers: TimerText[] = [];
  let now: bigint | undefined;
  let [cpu, clock, name] = [0, 0, ''];
  for (const line of lines) {
    const at = /^now at (\d+) nsecs/.exec(line);
    if (at) now = BigInt(at[1] as string);
    cpu = Number(/^cpu: (\d+)/.exec(line)?.[1] ?? cpu);
    clock = Number(/^ clock (\d+):/.exec(line)?.[1] ?? clock);
    name = /^ #\d+: <[^>]*>, ([\w.]+)/.exec(line)?.[1] ?? name;
    const m = /^ # expires at (-?\d+)-(-?\d+) nsecs/.exec(line);
    if (!m || name === '') continue;
    timers.push({ cpu, clock, function: name, softExpires: BigInt(m[1] as string), expires: BigInt(m[2] as string) });
    name = '';
  }
  return { now, timers };
}

export interface InetLine {
  /** Dotted or with colons, as the kernel prints addresses elsewhere; and the port. */
  readonly local: string;
  readonly remote: string;
  readonly state: number;
  readonly inode: bigint;
}

/** /proc/net/tcp, udp, raw and their version 6: addresses are words of the CPU in hexadecimal. */
export function parseInet(lines: readonly string[], littleEndian = true): InetLine[] {
  const end = '((?:[0-9A-F]{8}){1,4}:[0-9A-F]{4})';
  const shape = new RegExp(`^\\s*\\d+: ${end} ${end} ([0-9A-F]{2}) \\S+ \\S+ \\S+\\s+\\d+\\s+\\d+ (\\d+) `);
  return lines.flatMap((line) => {
    const m = shape.exec(line);
    if (!m) return [];
    const [local, remote] = [inetEnd(m[1] as string, littleEndian), inetEnd(m[2] as string, littleEndian)];
    return [{ local, remote, state: Number.parseInt(m[3] as string, 16), inode: BigInt(m[4] as string) }];
  });
}

/** `0100007F:1267` as `127.0.0.1:4711`; words of a CPU that stores the lowest byte first. */
function inetEnd(text: string, littleEndian: boolean): string {
  const [words = '', port = '0'] = text.split(':');
  const bytes: number[] = [];
  for (let i = 0; i < words.length; i += 8) {
    const word = [0, 2, 4, 6].map((at) => Number.parseInt(words.slice(i + at, i + at + 2), 16));
    bytes.push(...(littleEndian ? word.reverse() : word));
  }
  const groups = bytes.flatMap((b, i) => (i % 2 === 0 ? [((b << 8) | (bytes[i + 1] as number)).toString(16)] : []));
  const address = bytes.length === 4 ? bytes.join('.') : groups.join(':');
  return `${address}:${Number.parseInt(port, 16)}`;
}

export interface UnixLine {
  readonly listens: boolean;
  readonly connected: boolean;
  readonly type: number;
  readonly inode: bigint;
  readonly path: string;
}

/** /proc/net/unix. */
export function parseUnix(lines: readonly string[]): UnixLine[] {
  const shape = /^[0-9a-f]+: [0-9A-F]{8} [0-9A-F]{8} ([0-9A-F]{8}) ([0-9A-F]{4}) ([0-9A-F]{2})\s+(\d+)(?: (.*))?$/;
  return lines.flatMap((line) => {
    const m = shape.exec(line);
    if (!m) return [];
    const [flags, type, state] = m.slice(1, 4).map((t) => Number.parseInt(t, 16)) as [number, number, number];
    const listens = (flags & 0x10000) !== 0; // __SO_ACCEPTCON
    return [{ listens, connected: state === 3, type, inode: BigInt(m[4] as string), path: m[5] ?? '' }];
  });
}

/** /proc/iomem and /proc/ioports: two blanks of indentation a level. */
export function parseResources(
  lines: readonly string[],
): { depth: number; start: bigint; end: bigint; name: string }[] {
  return lines.flatMap((line) => {
    const m = /^((?: {2})*)([0-9a-f]+)-([0-9a-f]+) : (.*)$/.exec(line);
    if (!m) return [];
    const [start, end] = [BigInt(`0x${m[2]}`), BigInt(`0x${m[3]}`)];
    return [{ depth: (m[1] as string).length / 2, start, end, name: m[4] as string }];
  });
}

/** /proc/devices: `1 mem` below a heading. */
export function parseDevices(lines: readonly string[]): { kind: 'char' | 'block'; major: number; name: string }[] {
  let kind: 'char' | 'block' = 'char';
  return lines.flatMap((line) => {
    if (line === 'Block devices:') kind = 'block';
    const m = /^\s*(\d+) (\S.*)$/.exec(line);
    return m ? [{ kind, major: Number(m[1]), name: m[2] as string }] : [];
  });
}

export interface LockLine {
  /** How many arrows: 0 of a lock that is held. */
  readonly waiting: number;
  readonly kind: string;
  readonly access: string;
  readonly pid: number;
  readonly inode: bigint;
  readonly start: bigint;
  /** Undefined: to the end of the file. */
  readonly end: bigint | undefined;
}

/** /proc/locks. */
export function parseLocks(lines: readonly string[]): LockLine[] {
  const shape =
    /^\d+:(\s*(?:-> ?)*)\s*(\w+)\s+\w+\s+(READ|WRITE|UNLCK)\s+(-?\d+) [0-9a-f]+:[0-9a-f]+:(\d+) (\d+) (\d+|EOF)$/;
  return lines.flatMap((line) => {
    const m = shape.exec(line.trimEnd());
    if (!m) return [];
    const waiting = (m[1] as string).split('->').length - 1;
    const end = m[7] === 'EOF' ? undefined : BigInt(m[7] as string);
    const [inode, start] = [BigInt(m[5] as string), BigInt(m[6] as string)];
    return [{ waiting, kind: m[2] as string, access: m[3] as string, pid: Number(m[4]), inode, start, end }];
  });
}
