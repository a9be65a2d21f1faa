/** Outcome of comparing one subject of one dump with the kernel's own words. */
export class Check {
  readonly subject: string;
  checked = 0;
  wrong = 0;
  /** Differences with a reason that is the guest's, not ours: what ran between the listing and the crash. */
  explained = 0;
  readonly notes: string[] = [];
  /** Why the subject could not be had at all: a dump without its symbols or types. */
  absent: string | undefined;

  constructor(subject: string) {
    this.subject = subject;
  }

  /** Counts one comparison; `why` describes a difference. */
  expect(equal: boolean, why: () => string): boolean {
    this.checked++;
    if (!equal) {
      this.wrong++;
      this.notes.push(`WRONG ${why()}`);
    }
    return equal;
  }

  explain(why: string): void {
    this.checked++;
    this.explained++;
    this.notes.push(`explained: ${why}`);
  }
}
