import type { Phrase } from '../base/phrase.ts';

/** `cause`: why the kernel died; `suspect`: may have led there; `context`: worth knowing, no accusation. */
export type Severity = 'cause' | 'suspect' | 'context';

/** `certain`: the memory or the kernel itself says so; `likely`: no other reading fits; `possible`: it is one of several. */
export type Confidence = 'certain' | 'likely' | 'possible';

/** One fact that a reader can check. */
export interface Evidence {
  /** What the value is: `slab_cache of the object's page`. */
  readonly what: Phrase;
  /** As the command prints it. */
  readonly value: string;
  /** A command line of a session whose answer holds `value`; absent where no command prints it (a line of the log is printed by `log`). */
  readonly command?: string;
}

/** What is blamed, as far as it is known. */
export interface FindingSubject {
  /** Function in which it happened, without a compiler's suffix. */
  readonly function?: string;
  readonly module?: string;
  /** Of an object in memory. */
  readonly address?: string;
  readonly type?: string;
  /** Slab cache of the object. */
  readonly cache?: string;
  readonly pid?: number;
}

/** What a rule found. */
export interface Finding {
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** A short name: `Double free of an ext4_inode_cache object`. */
  readonly title: Phrase;
  /** One plain sentence that a manager understands. */
  readonly sentence: Phrase;
  readonly subject?: FindingSubject;
  readonly evidence: readonly Evidence[];
  /** What speaks against it. */
  readonly against?: readonly Evidence[];
  /** What would settle it. */
  readonly settle?: readonly Phrase[];
  /** Ids of rules whose findings are symptoms of this: they are ranked behind it, unless it is only `possible`. */
  readonly explains?: readonly string[];
}
