import type { Accepted } from '../accepted.ts';

/** Every form of bt that prints frames. */
const TRACE = /^(?:for(?:each)? .*)?bt\b/;

/** Where a line of a trace says that the return address lies. */
function place(line: string): bigint {
  return BigInt(`0x${/\[([0-9a-f]{16})\]/.exec(line)?.[1] ?? '0'}`);
}

/** Of a dump that the kernel itself wrote: from the function that crash finds on the stack to where the CPU was. */
const ENDING = {
  heading: /^(?:PID: \d+ |START: |#0 |\[exception R)/,
  matching: /^(?:PID: \d+ |START: |#0 \[[0-9a-f]{16}\] (?:machine_kexec|crash_nmi_callback)\b)/,
};
const FROM_REGISTERS =
  'Where the kernel saved the registers of a CPU when it crashed (kexec), the trace begins with them, as its own Call Trace ' +
  'does; crash goes on to machine_kexec or the NMI handler, the code that ended the kernel.';

/** What bt prints of a frame: the frame itself, words of the stack, and its line. */
const FRAME = /^(?:(?:#\d+ )?\[[0-9a-f]{16}\] \S+ at |[0-9a-f]{16}: |\S+: \d+$)/;

export const accepted: readonly Accepted[] = [
  { command: TRACE, under: ENDING, line: FRAME, why: FROM_REGISTERS },
  {
    command: TRACE,
    line: /^ORIG_RAX: [0-9a-f]{16} {2}CS: 0010 {2}SS: 00/,
    ours: /^CS: 0010 {2}SS: 00/,
    why: 'Registers that are those of the CPU have no ORIG_RAX, which an exception saves.',
  },
  {
    command: TRACE,
    under: {
      heading: /^(?:PID: |#0 |--- <)/,
      matching: /^(?:#0 \[[0-9a-f]{16}\] crash_nmi_callback|--- <NMI exception)/,
    },
    line: /^(?:--- <NMI exception stack> ---|#\d+ \[[0-9a-f]{16}\] \S+ at [0-9a-f]{16}|\S+: \d+)$/,
    why: FROM_REGISTERS,
  },
  {
    command: /^(?:foreach .*)?bt -[lx]*[fF]/,
    under: { heading: /^(?:\[exception R|#\d+ )/, matching: /^\[exception R/ },
    line: /^[0-9a-f]{16}: /,
    why: 'The words between the function that ended the kernel and the one that it interrupted belong to no frame of the trace.',
  },
  {
    command: /^foreach (?:.* )?bt -t/,
    under: {
      heading: /^(?:PID: |START: |\[exception R|\[[0-9a-f]{16}\])/,
      matching: /^(?:PID: |START: |\[exception R)/,
    },
    line: /^(?:\[exception R|(?:RIP|RAX|RDX|RBP|R10|R13|ORIG_RAX): [0-9a-f]{16} |--- <NMI exception stack> ---$)/,
    why: FROM_REGISTERS,
  },
  {
    command: /^bt -E/,
    under: { heading: / STACK:/, matching: / NMI EXCEPTION STACK:/ },
    line: /^(?:\[exception RIP: .+\]|(?:RIP|RAX|RDX|RBP|R10|R13|ORIG_RAX): [0-9a-f]{16} .+)$/,
    why: 'The stack for NMIs holds copies of what the CPU pushed, for NMIs inside of each other; these are no exception frames.',
  },
  {
    command: /^bt -[eE]/,
    ours: /^(?:KERNEL-MODE EXCEPTION FRAME AT: [0-9a-f]{16}|ORIG_RAX: .+)$/,
    why: 'The copy of the registers that the kernel made for the dump is found, too.',
  },
  {
    command: TRACE,
    line: /^(?:#\d+ )?\[[0-9a-f]{16}\] asm_/,
    apart: /^(?:#\d+ )?\[[0-9a-f]{16}\]/g,
    alike: (crash, ours) => place(crash) - place(ours) === 8n,
    why:
      'The frame that an interrupt or exception entered, behind a change of the stack, lies where its return address does; ' +
      'crash takes the word behind it, where the saved registers begin.',
    truth:
      'rd ffffcb77406b3b60: asm_sysvec_apic_timer_interrupt+22, for which crash has ffffcb77406b3b68 (amd64-6.1-rcuinode)',
  },
  {
    command: /^(?:foreach .*)?bt -[a-z]*l/,
    line: /^\S+: \d+$/,
    ours: /^\S+: \d+(?: \(inlined .*\))?$/,
    why:
      'crash looks up the line of the return address, which may be that of the next statement or of the next function; ' +
      'the line of the call is the one before. Functions inlined there are named, innermost first.',
  },
  {
    command: /^(?:foreach .*)?bt -[a-z]*l/,
    ours: /^\S+: \d+(?: \(inlined .*\))?$/,
    why:
      'The functions inlined at a place are shown with their lines, and those of modules (crash needs mod -s) and of ' +
      'frames that crash does not show.',
  },
  {
    command: TRACE,
    line: /_MODULE_\w*START_/,
    why: 'crash names the memory of a module where it has no symbols; the kernel itself knows the function.',
  },
  {
    command: TRACE,
    apart: /^#\d+ +|__(?:x64|ia32|do|se|arm64)_sys_|\.(?:isra|part)\.\d+/g,
    why:
      'Frames that crash leaves out, or takes for frames, shift the numbers of those behind them. A function with several ' +
      'names, or with one that the compiler changed (.isra, .part), is called as the kernel itself prints it.',
  },
  {
    command: /^(?:foreach .*)?bt -[lx]*F/,
    apart: /\.(?:isra|part|constprop)\.\d+|(?<=\S) +/g,
    why: 'A function that the compiler changed (.isra, .part) is called as the kernel itself prints it.',
  },
  {
    command: TRACE,
    ours: /^(?:\[exception RIP: .+\]|RIP: [0-9a-f]{16} +RSP: ff[0-9a-f]{14} +RFLAGS: .+|(?:RAX|RDX|RBP|R10|R13): [0-9a-f]{16} .+|CS: 0010 {2}SS: 00(?:18|00))$/,
    why:
      'Where the dump holds the registers of a CPU, its trace begins with them and where they point; crash looks for ' +
      'panic and the like on the stack of the task that crashed, and begins there.',
  },
  {
    command: TRACE,
    ours: /^#\d+ \[[0-9a-f]{16}\] \S+ at [0-9a-f]{16}(?: \[\w+\])?$/,
    why:
      'Frames that crash does not find are there: those of functions that never return, whose return address is another ' +
      "function's first byte, of a module's init function, and around exceptions and changes of the stack.",
    truth: 'Call Trace: ... labcrash_init+0x36/0x1000 [labcrash] ... do_one_initcall+0x59/0x220 (amd64-6.1-null)',
  },
  {
    command: /^(?:foreach .*)?bt -[lx]*[fF]/,
    line: /^[0-9a-f]{16}: /,
    ours: /^[0-9a-f]{16}: /,
    words: /(?<=\s)\S+/g,
    why: 'Where there is one frame more, the words of the stack are split between the two.',
  },
  {
    command: /^(?:foreach .*)?bt -[lx]*[fF]/,
    ours: /^[0-9a-f]{16}: \S+(?: +\S+)?$/,
    why: 'The stack of a frame that crash does not show.',
  },
  {
    command: /^bt -(?:r|FF?\b)/,
    line: /^[0-9a-f]{16}: .*(?:\.LC\d+|\.L\w+|__key\.\d+)/,
    ours: /^[0-9a-f]{16}: /,
    why: "Local labels of the assembler stand in vmlinux only; here the kernel's own symbols name the address.",
  },
  {
    command: /^(?:foreach .*)?bt -[tT]/,
    line: /^START: /,
    ours: /^START: /,
    why: 'The trace starts where the registers of the CPU say, and not at panic.',
  },
  {
    command: /^(?:foreach .*)?bt -[a-z]*l/,
    ours: /^\(not complete: debug information of /,
    why: 'Where lines are missing because a file with debug information is, that is said.',
  },
  {
    command: /^bt .*-n idle/,
    under: { heading: /^PID: \d+ /, matching: /^PID: 0 .*"swapper\/\d+"$/ },
    line: /^(?:#\d+ \[|\[exception R|R\w+: |CS: |ORIG_RAX: |--- <)/,
    why: 'A CPU that was idle when the others were stopped is left out, too; crash shows what it did to stop.',
  },
  {
    command: TRACE,
    line: /^#\d+ \[[0-9a-f]{16}\] asm_\w+ at /,
    ours: /^#\d+ \[[0-9a-f]{16}\] asm_\w+ at /,
    why: 'Where entry code calls twice (before Linux 5.13) crash takes the stale return address of the first call.',
  },
  {
    command: /^bt -[a-z]*[eE]/,
    line: /^(?:KERNEL-MODE EXCEPTION FRAME AT: |PC: |LR: |SP: |X\d+: )/,
    why:
      'An exception frame on arm64 has a PSTATE that a CPU can have, a stack pointer of the kernel and a record of the frame ' +
      'before it; crash shows stale words that happen to begin with an address of code.',
    truth: 'PSTATE: 0000f424 of a frame that crash shows has bits that are always zero (arm64-6.1-null)',
  },
  {
    command: TRACE,
    ours: /^(?:PC: [0-9a-f]{16}|LR: [0-9a-f]{16}|SP: [0-9a-f]{16} {2}PSTATE|X\d+: [0-9a-f]{16}|ORIG_X0: )/,
    why: 'The stacks of the CPUs that ran at the crash are shown on arm64, too, and with them the registers; crash finds no way into them.',
  },
  {
    command: /^bt -E/,
    line: /^CPU \d+ IRQ STACK:\(none found\)$/,
    ours: /^(?:CPU \d+ IRQ STACK:|\(none found\))$/,
    why: 'On arm64, too, that nothing was found stands in a line of its own.',
  },
  {
    command: /^bt -E/,
    ours: /^(?:CPU \d+ (?:MCE|VC|OVERFLOW) (?:EXCEPTION )?STACK:|\(none found\))$/,
    why: 'Every stack of a CPU is searched.',
  },
  {
    command: TRACE,
    line: /^\(no stack\)$/,
    ours: /^\((?:the trace stops here: )?the task has exited, its stack is freed\)$/,
    why: 'Why there is no stack is said.',
  },
  {
    command: TRACE,
    ours: /^--- <(?:IRQ|overflow|SDEI-\w+) stack> ---$/,
    why: 'Where a trace goes from another stack of the CPU to that of the task is marked on arm64, too.',
  },
  {
    command: /^(?:foreach .*)?bt -t/,
    ours: /^\[[0-9a-f]{16}\] \S+ at [0-9a-f]{16}(?: \[\w+\])?$/,
    why: 'The stacks of the tasks that ran at the crash are searched on arm64, too.',
  },
  {
    command: /^bt -r/,
    line: /\b\w+\+\d{3,}\b/,
    apart: /(?<=\s)(?=\S*[^0-9a-f\s])\S+|(?<=\S)\s+/g,
    why: 'Data of modules has the names that the kernel knows; crash takes it for the end of the function before (without mod -s).',
  },
  {
    command: /^bt -T/,
    line: /^\[[0-9a-f]{16}\] \w+ at [0-9a-f]{16} \[\w+\]$/,
    most: 40,
    why: 'Data of modules has the names that the kernel knows and is no code; crash takes it for the end of the function before.',
  },
  {
    command: /^foreach bt -t/,
    line: /^\[[0-9a-f]{16}\] \S+ at [0-9a-f]{16}$/,
    why: 'What lies below the frame of the function that switched the task away is not searched.',
  },
  {
    command: TRACE,
    line: /(?:#\d+ |^)\[[0-9a-f]{16}\] do_epoll_pwait(?:\+\d+)? at /,
    why: 'A function that the compiler split off and shared between two has the name that the kernel has for it.',
  },
  {
    command: TRACE,
    line: /^#\d+ \[[0-9a-f]{16}\] \w+\.cold(?:\+\w+)? at /,
    ours: /^#\d+ \[[0-9a-f]{16}\] \S+ at /,
    why: 'A stale address in the part of a function that the compiler split off is no frame; the caller is that of the Call Trace.',
    truth:
      'Call Trace: read_missing_gadget+0x11/0x30 [labcrash], for which crash has run_wanted.cold (amd64-5.10-null)',
  },
  {
    command: TRACE,
    line: /^#0 \[[0-9a-f]{16}\] sched_clock_idle_wakeup_event at /,
    why: 'A stale word beside the frame where the CPU was stopped is no frame.',
  },
];
