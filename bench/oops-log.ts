import { closeSync, openSync, writeSync } from 'node:fs';

/** Numbers that are the same in every run. */
class Numbers {
  #state = 1;

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) & 0x7fffffff;
    return this.#state % limit;
  }

  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.below(16).toString(16);
    return text;
  }
}

type Message = (n: Numbers) => string;

/** What fills logs of servers: wording of drivers and subsystems with changing numbers. */
const NOISE: readonly Message[] = [
  (n) => `usb ${n.below(4)}-${n.below(9)}: new high-speed USB device number ${n.below(127)} using xhci_hcd`,
  (n) =>
    `audit: type=1400 audit(1701165492.${n.below(999)}:${n.below(99999)}): apparmor="DENIED" operation="open" profile="/usr/bin/app" name="/proc/${n.below(9999)}/stat" pid=${n.below(9999)} comm="app" requested_mask="r" denied_mask="r" fsuid=1000 ouid=0`,
  (n) => `nvme nvme${n.below(3)}: I/O ${n.below(999)} QID ${n.below(16)} timeout, completion polled`,
  (n) => `IPv6: ADDRCONF(NETDEV_CHANGE): veth${n.hex(7)}: link becomes ready`,
  (n) =>
    `[UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:${n.hex(2)}:${n.hex(2)}:f4 SRC=10.0.${n.below(255)}.${n.below(255)} DST=10.0.0.${n.below(255)} LEN=${n.below(1500)} TOS=0x00 PREC=0x00 TTL=64 ID=${n.below(65535)} PROTO=TCP SPT=${n.below(65535)} DPT=22 WINDOW=1024 RES=0x00 SYN URGP=0`,
  (n) => `EXT4-fs (dm-${n.below(40)}): mounted filesystem with ordered data mode. Quota mode: none.`,
  (n) =>
    `mlx5_core 0000:${n.hex(2)}:00.0 eth${n.below(4)}: Error cqe on cqn 0x${n.hex(3)}, ci 0x${n.hex(3)}, TXQ-SQ qpn 0x${n.hex(4)}`,
  (n) => `device veth${n.hex(7)} entered promiscuous mode`,
  (n) => `docker0: port ${n.below(60)}(veth${n.hex(7)}) entered blocking state`,
  (n) =>
    `perf: interrupt took too long (${n.below(9999)} > ${n.below(9999)}), lowering kernel.perf_event_max_sample_rate`,
  (n) =>
    `sd ${n.below(9)}:0:${n.below(9)}:0: [sd${n.hex(1)}] tag#${n.below(99)} CDB: Read(10) 28 00 ${n.hex(2)} ${n.hex(2)} ${n.hex(2)} 80 00 00 08 00`,
  (n) =>
    `TCP: request_sock_TCP: Possible SYN flooding on port ${n.below(65535)}. Sending cookies.  Check SNMP counters.`,
];

const FUNCTIONS = 'alloc free read write open close probe remove start stop queue flush map unmap poll sync'.split(' ');

function functionName(n: Numbers): string {
  return `${FUNCTIONS[n.below(16)]}_${n.hex(4)}_${FUNCTIONS[n.below(16)]}`;
}

function frame(n: Numbers): string {
  return ` ${functionName(n)}+0x${n.hex(2)}/0x1${n.hex(2)}`;
}

/** A small report: an x86-64 NULL dereference as arch/x86 prints it. */
function report(n: Numbers, frames: number): string[] {
  const culprit = functionName(n);
  return [
    `BUG: kernel NULL pointer dereference, address: 00000000000000${n.hex(2)}`,
    '#PF: supervisor read access in kernel mode',
    '#PF: error_code(0x0000) - not-present page',
    'PGD 0 P4D 0 ',
    `Oops: 0000 [#${n.below(9) + 1}] PREEMPT SMP NOPTI`,
    `CPU: ${n.below(64)} PID: ${n.below(9999)} Comm: worker Tainted: G        W          6.1.0-13-amd64 #1  Debian 6.1.55-1`,
    'Hardware name: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2-1 04/01/2014',
    `RIP: 0010:${culprit}+0x${n.hex(2)}/0x1${n.hex(2)}`,
    `Code: ${Array.from({ length: 42 }, () => n.hex(2)).join(' ')} <48> ${Array.from({ length: 21 }, () => n.hex(2)).join(' ')}`,
    `RSP: 0018:ffffc9000${n.hex(7)} EFLAGS: 00010246`,
    `RAX: ${n.hex(16)} RBX: ${n.hex(16)} RCX: ${n.hex(16)}`,
    `CR2: 00000000000000${n.hex(2)} CR3: 0000000012${n.hex(6)} CR4: 0000000000750ee0`,
    'Call Trace:',
    ' <TASK>',
    ...Array.from({ length: frames }, () => frame(n)),
    ' do_syscall_64+0x5b/0xc0',
    ' entry_SYSCALL_64_after_hwframe+0x6e/0xd8',
    ' </TASK>',
    `---[ end trace ${n.hex(16)} ]---`,
  ];
}

/** Writes lines with time stamps until a size is reached. */
class StampedFile {
  readonly #fd: number;
  readonly #numbers: Numbers;
  #micros = 0;
  #pending = '';
  size = 0;

  constructor(path: string, numbers: Numbers) {
    this.#fd = openSync(path, 'w');
    this.#numbers = numbers;
  }

  line(message: string): void {
    this.#micros += this.#numbers.below(900);
    const line = `[${(this.#micros / 1e6).toFixed(6).padStart(12)}] ${message}\n`;
    this.size += line.length;
    this.#pending += line;
    if (this.#pending.length > 1 << 20) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#fd);
  }

  #flush(): void {
    writeSync(this.#fd, this.#pending, null, 'latin1');
    this.#pending = '';
  }
}

/** A log of that many bytes with a report every 2 MB; returns how many reports are in it. */
export function writeNoisyLog(path: string, bytes: number): number {
  const numbers = new Numbers();
  const file = new StampedFile(path, numbers);
  let reports = 0;
  for (; file.size < bytes; reports++) {
    for (const line of report(numbers, 12)) file.line(line);
    const until = Math.min(bytes, file.size + 2e6);
    while (file.size < until) file.line((NOISE[numbers.below(NOISE.length)] as Message)(numbers));
  }
  file.close();
  return reports;
}

/** That many different small reports, one behind the other. */
export function writeReports(path: string, count: number): number {
  const numbers = new Numbers();
  const file = new StampedFile(path, numbers);
  for (let i = 0; i < count; i++) for (const line of report(numbers, 6)) file.line(line);
  file.close();
  return file.size;
}
