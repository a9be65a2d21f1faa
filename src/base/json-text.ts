/** What JSON may hold as it is but a terminal obeys: DEL, C1 controls, line separators, bidirectional controls. */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A value as JSON whose text may be shown on a terminal: JSON itself escapes control characters below a space only. Readers
 * get the same text. @param indent spaces a level; one line when absent
 */
export function jsonText(value: object, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    UNSAFE,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
