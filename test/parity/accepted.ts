import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A difference from crash that is meant. What an entry explains, in the command lines that `command` matches:
 *
 * - with `line` alone: crash's lines that match it and differ, and our lines that stand in their place;
 * - with `ours` alone: our lines that match it and that crash does not have;
 * - with both: crash's lines that match `line` where our lines in their place match `ours`;
 * - with `apart`: lines of crash's and of ours in one place that are equal without what it matches;
 * - with `words`: the lines that match `line` and `ours` in one place, when the words of crash's stand in ours, one after
 *   another;
 * - with none of these: everything.
 */
export interface Accepted {
  /** The command line as it was typed. */
  readonly command: RegExp;
  /** A line of crash's, trimmed. */
  readonly line?: RegExp;
  /** A line of ours, trimmed. */
  readonly ours?: RegExp;
  /** What of a line may differ: a global expression. Where `line` is there too, crash's line has to match it. */
  readonly apart?: RegExp;
  /** With `apart`: the lines may stand in different places. */
  readonly moved?: true;
  /** With `apart`: what else has to hold of the two lines. */
  readonly alike?: (crash: string, ours: string) => boolean;
  /** With `line` and `ours`: what the words of a line are, whatever line they are in; a global expression. */
  readonly words?: RegExp;
  /** The last line of crash's above that matches `heading` has to match `matching`. */
  readonly under?: { readonly heading: RegExp; readonly matching: RegExp };
  /** Explains so many lines of one answer at most. */
  readonly most?: number;
  /** The reason, for people who compare the two: docs/differences-from-crash.md is made of these. */
  readonly why: string;
  /** The kernel's own words that show who is right, where the lab recorded them. */
  readonly truth?: string;
}

const folder = join(import.meta.dirname, 'accepted');

/** Every list of accepted differences, by command; one file a command, exporting `accepted`. */
export async function acceptedLists(): Promise<ReadonlyMap<string, readonly Accepted[]>> {
  const lists = new Map<string, readonly Accepted[]>();
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.ts')) continue;
    const module = (await import(join(folder, file))) as { accepted: readonly Accepted[] };
    lists.set(file.slice(0, -3), module.accepted);
  }
  return lists;
}
