import { Output } from './output.ts';

/** Node's module, loaded when a program is run for the first time: it costs milliseconds that most answers do not need. */
export function childProcess(): typeof import('node:child_process') {
  return process.getBuiltinModule('node:child_process');
}

/** Where answers go. */
export interface Sink {
  write(text: string): void;
  flush(): void;
  /** Runs a shell command whose output goes the same way; `input` is its standard input. */
  shell(command: string, input?: string): void;
}

/** Told before and after a program of the user's has the terminal. */
export type ChildWatch = (running: boolean) => void;

/** A file descriptor as a sink. */
export class DescriptorSink implements Sink {
  readonly #fd: number;
  readonly #out: Output;
  readonly #watch: ChildWatch;

  constructor(fd: number, watch: ChildWatch = () => {}) {
    this.#fd = fd;
    this.#out = new Output(fd);
    this.#watch = watch;
  }

  write(text: string): void {
    this.#out.write(text);
  }

  flush(): void {
    this.#out.flush();
  }

  shell(command: string, input?: string): void {
    this.flush();
    this.#watch(true);
    try {
      const { error } = childProcess().spawnSync('/bin/sh', ['-c', command], {
        ...(input !== undefined && { input }),
        stdio: [input === undefined ? 'inherit' : 'pipe', this.#fd, 'inherit'],
      });
      // a reader such as head that wants no more is no failure
      if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
    } finally {
      this.#watch(false);
    }
  }
}

/** Collects what would be printed. */
export class TextSink implements Sink {
  text = '';

  write(text: string): void {
    this.text += text;
  }

  flush(): void {}

  shell(command: string, input = ''): void {
    const { stdout, error } = childProcess().spawnSync('/bin/sh', ['-c', command], {
      input,
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    this.text += stdout ?? '';
    if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}
