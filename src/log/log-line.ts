/** One line of a kernel log, without what the transport put before it. */
export interface LogLine {
  /** Line of the input from 1; of a dump's log, the record's place from 1. */
  readonly number: number;
  /** The message, without time stamp, caller, level, host and colours. */
  readonly text: string;
  /** Seconds since boot, where the line tells. */
  readonly seconds?: number;
  /** `T151` a task, `C1` a CPU: who printed it (CONFIG_PRINTK_CALLER). */
  readonly caller?: string;
  /** 0 emergency to 7 debug. */
  readonly level?: number;
  /** Date and time of day as the transport printed them. */
  readonly wall?: string;
}
