import type { TaskStack } from './stack-data.ts';
import type { StackStyle } from './stack-lines.ts';

export type Cell = string | number;

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Where the title stands; as the values when absent. */
  readonly titleAlign?: 'left' | 'right' | 'center';
  /** At least this wide; the widest value counts too unless `fixed`. */
  readonly width?: number;
  /** Wider values take from the padding of what follows, or push it to the right, instead of widening the column. */
  readonly fixed?: true;
  /** Spaces before the column; 2 when absent, none before the first. */
  readonly gap?: number;
}

/** A piece of output. It holds raw text from the dump: renderers escape, so that none can forget to. */
export type Block =
  /** `level` 3: of a part of what the last heading without one began. */
  | { readonly kind: 'heading'; readonly text: string; readonly level?: 3 }
  | { readonly kind: 'text'; readonly text: string }
  /** Preformatted; one entry is one line, whatever it contains. */
  | { readonly kind: 'lines'; readonly lines: Iterable<string> }
  /** `commands`: what belongs behind the item of the same index, and is meant to be typed. */
  | { readonly kind: 'list'; readonly items: readonly string[]; readonly commands?: readonly (string | undefined)[] }
  /** Names and values, one a line; `width` right-aligns the names. */
  | {
      readonly kind: 'facts';
      readonly facts: readonly (readonly [name: string, value: string])[];
      readonly width?: number;
    }
  | {
      readonly kind: 'table';
      readonly columns: readonly Column[];
      readonly rows: Iterable<readonly Cell[]>;
      /** The text renderer's header line where titles do not stand over their columns; false: no header. */
      readonly header?: string | false;
    }
  | { readonly kind: 'stack'; readonly stack: TaskStack; readonly style?: StackStyle };

export function lines(...text: string[]): Block {
  return { kind: 'lines', lines: text };
}
