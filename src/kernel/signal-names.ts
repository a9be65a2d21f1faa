import { UsageError } from '../base/errors.ts';

/** Signals of a 64-bit set. */
export const SIGNALS = 64;

/**
 * Names from 1 on: include/uapi/asm-generic/signal.h and x86's own header, which number them alike; so does arm64. Other
 * names of the same signal follow behind a slash.
 */
const NAMES: readonly string[] = [
  ...['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGILL', 'SIGTRAP', 'SIGABRT/SIGIOT', 'SIGBUS', 'SIGFPE', 'SIGKILL', 'SIGUSR1'],
  ...['SIGSEGV', 'SIGUSR2', 'SIGPIPE', 'SIGALRM', 'SIGTERM', 'SIGSTKFLT', 'SIGCHLD/SIGCLD', 'SIGCONT', 'SIGSTOP'],
  ...['SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGURG', 'SIGXCPU', 'SIGXFSZ', 'SIGVTALRM', 'SIGPROF', 'SIGWINCH'],
  ...['SIGIO/SIGPOLL', 'SIGPWR', 'SIGSYS/SIGUNUSED'],
];
const RTMIN = NAMES.length + 1;

/** All names of a signal, separated by slashes. @param signal from 1 to 64 */
export function signalNames(signal: number): string {
  if (signal < RTMIN) return NAMES[signal - 1] ?? `${signal}`;
  if (signal === RTMIN) return 'SIGRTMIN';
  if (signal === SIGNALS) return 'SIGRTMAX';
  return signal - RTMIN <= RTMIN / 2 ? `SIGRTMIN+${signal - RTMIN}` : `SIGRTMAX-${SIGNALS - signal}`;
}

/** The first name of a signal. @param signal from 1 to 64 */
export function signalName(signal: number): string {
  return signalNames(signal).replace(/\/.*/, '');
}

/** The signals of a set, ascending. @param set bit 0 is signal 1 */
export function signalsOf(set: bigint): number[] {
  const found: number[] = [];
  for (let i = 0; i < SIGNALS; i++) if ((set >> BigInt(i)) & 1n) found.push(i + 1);
  return found;
}

/** A set as users paste it: up to 16 hexadecimal digits. @throws UsageError */
export function parseSignalSet(word: string): bigint {
  if (!/^(?:0x)?[0-9a-f]{1,16}$/i.test(word)) throw new UsageError(`'${word}' is no set of signals in hexadecimal`);
  return BigInt(`0x${word.replace(/^0x/i, '')}`);
}

/** `sa_flags`, include/uapi/asm-generic/signal-defs.h and x86's and arm64's SA_RESTORER. */
const ACTION_FLAGS: readonly (readonly [flag: number, name: string])[] = [
  [0x00000001, 'SA_NOCLDSTOP'],
  [0x04000000, 'SA_RESTORER'],
  [0x00000002, 'SA_NOCLDWAIT'],
  [0x00000004, 'SA_SIGINFO'],
  [0x00000400, 'SA_UNSUPPORTED'],
  [0x00000800, 'SA_EXPOSE_TAGBITS'],
  [0x00800000, 'SA_IMMUTABLE'],
  [0x08000000, 'SA_ONSTACK'],
  [0x10000000, 'SA_RESTART'],
  [0x40000000, 'SA_NODEFER'],
  [0x80000000, 'SA_RESETHAND'],
];

/** Names of the flags of a signal's action. */
export function actionFlagNames(flags: bigint): string[] {
  return ACTION_FLAGS.filter(([flag]) => (flags & BigInt(flag)) !== 0n).map(([, name]) => name);
}
