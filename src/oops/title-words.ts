/** What differs from one case to the next, and what stands for it in a title. In this order. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  // programs that a fuzzer numbers
  [/(syz-executor|syzkaller)\.?\d+(?:[/:]\d+)?/g, '$1'],
  [/(?<![a-zA-Z0-9])(?:0x)?[0-9a-f]{6,}/g, 'ADDR'],
  [/\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}/g, 'IP'],
  [/(\.\w+)(?::\d+)+/g, '$1:LINE'],
  [/([a-zA-Z][\w.]+)\+0x[0-9a-z]+\/0x[0-9a-z]+/g, '$1'],
  [/CPU#\d+/g, 'CPU'],
  [/(?<!\w)\d+(?!\w)/g, 'NUM'],
  // numbers in names of functions and devices stay
  [/\d{7,}/g, 'NUM'],
];
/** Longer titles are lines that run into one another. */
const MAX_TITLE = 120;

/** Words of a log for a title. */
export function titleWords(text: string): string {
  return VARYING.reduce((words, [varying, by]) => words.replace(varying, by), text);
}

/** A title on one line, of printable characters. */
export function oneLine(title: string): string {
  return title
    .replace(/\t/g, ' ')
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/ {2,}/g, ' ')
    .slice(0, MAX_TITLE)
    .trim();
}
