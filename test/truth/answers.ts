/** What the commands answered for one dump, in the documented JSON shapes; only what the comparison looks at. */
export interface FrameAnswer {
  readonly pc: string;
  readonly symbol?: string | null;
  readonly offset?: number | null;
  readonly size?: number | null;
  readonly module?: string | null;
  readonly inlined?: boolean;
  readonly trust?: string;
}

export interface StackAnswer {
  readonly pid: number;
  readonly comm: string;
  readonly frames: readonly FrameAnswer[];
  readonly stopped?: string;
}

export interface TaskAnswer {
  readonly pid: number;
  readonly ppid: number;
  readonly cpu: number;
  readonly task: string;
  readonly state: string;
  readonly comm: string;
  readonly vszKiB: number;
  readonly rssKiB: number;
  readonly kernelThread: boolean;
  readonly active: boolean;
}

export interface LogAnswer {
  readonly timestampNs: string;
  readonly level: number;
  readonly facility: number;
  readonly caller?: string;
  readonly text: string;
}

export interface ModuleAnswer {
  readonly name: string;
  readonly size: number;
}

export interface MountAnswer {
  readonly type: string;
  readonly device: string;
  readonly path: string;
}

/** Asks the program under test; one command line in, its JSON data out. */
export type Ask = <T>(commandLine: string) => T;

/** Address of a symbol; of several the first. */
export type AddressOf = (symbol: string, module: string | undefined) => bigint | undefined;

/** Addresses of all symbols of a name, to settle frames that two names can stand for: static functions share names. */
export type AddressesOf = (symbol: string, module: string | undefined) => readonly bigint[];
