import type { Addr, Bytes } from '../base/units.ts';
import type { FrameData } from '../report/stack-data.ts';

/** A function's part of a stack. */
export interface FrameRoom {
  readonly frame: FrameData;
  readonly bytes: Bytes;
  /** Where its caller's part begins. */
  readonly end: Addr;
}

/**
 * The frame that takes most of a stack, from frame `from` on. Undefined where stack pointers do not tell: a frame reaches from its
 * own to that of the next one.
 * @param size of the whole stack: what seems to take much more than that is no frame
 */
export function largestFrame(frames: readonly FrameData[], from: number, size: Bytes): FrameRoom | undefined {
  let largest: FrameRoom | undefined;
  for (let i = from; i + 1 < frames.length; i++) {
    const [frame, next] = [frames[i] as FrameData, frames[i + 1] as FrameData];
    if (next.stack === 'user' || next.interrupted) break;
    const end = BigInt(next.sp);
    const bytes = Number(end - BigInt(frame.sp));
    if (bytes > 0 && bytes < 16 * size && bytes > (largest?.bytes ?? 0)) largest = { frame, bytes, end };
  }
  return largest;
}
