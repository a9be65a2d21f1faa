/** A form's answer: the line is not of this form. */
export const NOT_MINE = -1;
/** A form's answer: the line is of this form, but it holds no message of the kernel, or not yet the whole of one. */
export const NOTHING = -2;

/**
 * What a prefix told, as places in the line's bytes: one object for a whole stream, since making strings or objects for
 * each line would take longer than everything else.
 */
export class LineFields {
  /** Seconds since boot; NaN where the line does not tell. */
  seconds = Number.NaN;
  /** Date and time of day in seconds, for differences only: zone and, where it is missing, year are taken as equal. */
  clock = Number.NaN;
  /** 0 emergency to 7 debug; -1 where the line does not tell. */
  level = -1;
  callerFrom = 0;
  callerTo = 0;
  wallFrom = 0;
  wallTo = 0;
  /** The message goes on where the one before ended. */
  continues = false;
  /** Bytes are written as `\xNN`. */
  escaped = false;
  /** The message itself, where it does not stand in the line as it is. */
  text: string | undefined = undefined;

  reset(): void {
    this.seconds = Number.NaN;
    this.clock = Number.NaN;
    this.level = -1;
    this.callerFrom = 0;
    this.callerTo = 0;
    this.wallFrom = 0;
    this.wallTo = 0;
    this.continues = false;
    this.escaped = false;
    this.text = undefined;
  }
}
