import { hash64 } from '../base/hash64.ts';
import { plainFunction } from './function-name.ts';
import type { ReportKind } from './report-kind.ts';
import { isMachinery } from './skip-functions.ts';
import { portableName } from './title-names.ts';

/** A frame as the signature sees it. */
export interface SignedFrame {
  readonly function: string;
  readonly offset?: number;
  readonly size?: number;
  readonly guess?: true;
}

/**
 * A return address behind the last instruction of its function, as a call of panic() leaves it: text shows the function
 * that happens to follow, with offset 0.
 */
export function pastEnd(frame: SignedFrame): boolean {
  return frame.offset === 0 || (frame.offset !== undefined && frame.offset === frame.size);
}

/** Functions that the signature holds. */
const DEPTH = 4;

/**
 * 16 hex digits over the kind and the first functions that are no machinery, without compiler suffixes, modules, offsets
 * and addresses: the same for a dump and for the text of the same crash.
 */
export function signatureOf(kind: ReportKind, frames: readonly SignedFrame[]): string {
  const names: string[] = [];
  const sure = frames.slice(1).some((f) => !f.guess);
  for (const [i, frame] of frames.entries()) {
    if ((frame.guess && sure) || (i > 0 && pastEnd(frame))) continue;
    const name = plainFunction(frame.function);
    if (isMachinery(name)) continue;
    names.push(portableName(name));
    if (names.length === DEPTH) break;
  }
  return hash64(`${kind}\n${names.join('\n')}`)
    .toString(16)
    .padStart(16, '0');
}
