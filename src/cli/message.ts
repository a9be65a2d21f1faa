import { AnalysisError } from '../base/errors.ts';
import { printable, printableLine } from '../base/text.ts';
import { Interrupted } from './interrupt.ts';

/** Exit status for a bug of this program (EX_SOFTWARE of sysexits.h). */
export const INTERNAL = 70;

/** One line for standard error. A bug of ours is said to be one; its trace is shown only with INQUEST_DEBUG=1. */
export function errorMessage(error: unknown): string {
  if (error instanceof AnalysisError || error instanceof Interrupted)
    return `inquest: ${printableLine(error.message)}\n`;
  const system = error as NodeJS.ErrnoException;
  if (error instanceof Error && typeof system.code === 'string' && typeof system.syscall === 'string') {
    return `inquest: ${printableLine(system.message)}\n`;
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const trace = process.env.INQUEST_DEBUG === '1' && error instanceof Error ? `${printable(error.stack ?? '')}\n` : '';
  return `inquest: internal error: ${printableLine(what)}, please report (INQUEST_DEBUG=1 shows where)\n${trace}`;
}

/** Whether an error is an expected one, of the dump or of the system. */
export function isExpected(error: unknown): boolean {
  if (error instanceof AnalysisError) return true;
  const system = error as NodeJS.ErrnoException;
  return error instanceof Error && typeof system.code === 'string' && typeof system.syscall === 'string';
}
