import type { Architecture, RegisterValues, StackEnd, Step } from '../../src/program/ports.ts';
import type { Program } from '../../src/program/program.ts';
import { flatType, KernelMemory, type Place } from './kernel-memory.ts';
import { TaskWriter } from './task-writer.ts';

const PC = 0;
const SP = 1;
const STACK = 4096;

/** Where a made-up task keeps what the search for waits reads. */
const TASK_MEMBERS = { stack: 224, 'thread.sp': 232, vfork_done: 240, blocked_on: 248, pi_blocked_on: 256 } as const;

/** A CPU whose frames are pairs on the stack: the address of the next pair (0 at the end) and a return address. */
const ARCH: Architecture = {
  name: 'test',
  elfMachine: 0,
  pointerSize: 8,
  littleEndian: true,
  recognise: () => true,
  registers: ['pc', 'sp', 'flags'],
  kernelMap: () => {
    throw new Error('a test kernel brings its own map');
  },
  unwind: {
    pc: PC,
    sp: SP,
    prstatus: (desc, little) => {
      const view = new DataView(desc.buffer, desc.byteOffset, desc.byteLength);
      return [0, 8, 16].map((at) => view.getBigUint64(at, little));
    },
    blocked: (prog, task) => frameAt(prog, prog.memory.u64(task + 232n), true),
    taskStack(prog, task) {
      const low = prog.memory.u64(task + 224n);
      return { name: 'task', low, high: low + BigInt(STACK) };
    },
    cpuStacks: () => [],
    step(prog, frame): Step | StackEnd {
      const next = prog.memory.u64(frame.at);
      if (next === 0n) return { end: 'end', complete: true };
      const interrupted = prog.memory.u64(next + 16n) !== 0n;
      return { ...frameAt(prog, next, interrupted), saved: interrupted };
    },
    isUser: () => false,
    interruptsOn: (registers) => (registers[2] === undefined ? undefined : registers[2] === 1n),
  },
};

function frameAt(prog: Program, at: bigint, exact: boolean): Step {
  const registers: RegisterValues = [prog.memory.u64(at + 8n), at];
  return { registers, trust: 'frame-pointer', at, exact, saved: false };
}

/** What a task of a test does. */
export interface WaitingTask {
  readonly task: bigint;
  /** The end of its free stack, for waiters that are variables of its functions. */
  readonly locals: bigint;
}

/** A kernel whose tasks wait for each other. */
export class WaitWriter {
  readonly memory = new KernelMemory();
  readonly tasks: TaskWriter;
  /** What the CPU has besides, for tests that need it. */
  arch: Partial<Architecture> = {};
  readonly #functions = new Map<string, bigint>();
  readonly #all: bigint[] = [];

  constructor() {
    this.tasks = new TaskWriter(this.memory, 2);
    this.add('task_struct', TASK_MEMBERS);
    this.memory.symbol('init_task_stack', this.memory.alloc(8));
  }

  /** Adds members to a type that is there. */
  add(name: string, members: Readonly<Record<string, Place>>): void {
    const old = this.memory.kernel.types.get(name);
    const more = flatType(name, old?.size ?? 1024, members);
    const both = {
      ...more,
      resolve: () => both,
      findMember: (path: string) => more.findMember(path) ?? old?.findMember(path),
    };
    this.memory.kernel.type(both);
  }

  /** Address in a function, which is made when it is first named. */
  at(name: string): bigint {
    let address = this.#functions.get(name);
    if (address === undefined) {
      address = this.memory.alloc(64);
      this.#functions.set(name, address);
      this.memory.kernel.symbol(name, address, 64, 't');
    }
    return address + 16n;
  }

  /** A function with code; what is executed or returns to `stop` bytes into it is what the frames of the function show. */
  code(name: string, bytes: (at: bigint) => readonly number[], stop: number): bigint {
    const at = this.memory.alloc(64);
    this.memory.bytes(at, Uint8Array.from(bytes(at)));
    this.#functions.set(name, at + BigInt(stop) - 16n);
    this.memory.kernel.symbol(name, at, 64, 't');
    return at;
  }

  /**
   * A task that sleeps in these functions, the innermost first, each with 256 bytes of variables. `!` before a name: the
   * function was interrupted there.
   */
  waits(pid: number, comm: string, functions: readonly string[], state = 2): WaitingTask {
    const { memory } = this;
    const task = this.tasks.process({ pid, comm, state });
    const stack = memory.alloc(STACK, STACK);
    memory.u64(task + 224n, stack);
    let at = stack + 512n;
    memory.u64(task + 232n, at);
    functions.forEach((name, i) => {
      const next = at + 256n;
      memory.u64(at, i + 1 < functions.length ? next : 0n);
      memory.u64(at + 8n, this.at(name.replace('!', '')));
      if (name.startsWith('!')) memory.u64(at + 16n, 1n);
      at = next;
    });
    this.#all.push(task);
    return { task, locals: stack + 512n + 64n };
  }

  /** A task that a CPU runs in these functions; `interrupts`: whether it takes interrupts in the innermost. */
  runs(pid: number, comm: string, cpu: number, functions: readonly string[], interrupts = true): WaitingTask {
    const made = this.waits(pid, comm, functions, 0);
    this.memory.u32(made.task + 12n, cpu);
    this.tasks.run(cpu, made.task);
    const note = new DataView(new ArrayBuffer(24));
    const sp = made.locals - 64n;
    [this.at(functions[0] as string), sp, interrupts ? 1n : 0n].forEach((v, i) => {
      note.setBigUint64(i * 8, v, true);
    });
    this.memory.kernel.cpuNotes[cpu] = new Uint8Array(note.buffer);
    return made;
  }

  /** Types of mutexes as most kernels have them, or as the newest: a pointer to the first waiter. */
  mutexTypes(newest: boolean): void {
    const { memory } = this;
    memory.type('mutex_waiter', 32, { list: 0, task: 16 });
    if (newest) memory.type('mutex', 24, { owner: 0, first_waiter: 16 });
    else memory.type('mutex', 32, { owner: 0, wait_list: 16 });
  }

  /** A waiter on the stack of a task, for a list. */
  waiter(of: WaitingTask): bigint {
    this.memory.u64(of.locals + 16n, of.task);
    return of.locals;
  }

  program(): Program {
    this.tasks.list(...this.#all);
    this.tasks.index();
    return this.memory.kernel.program({ ...ARCH, ...this.arch });
  }
}
