/** One log with its known answers, in syzkaller's test format; see NOTICE. */
export interface CorpusCase {
  readonly name: string;
  readonly title: string;
  readonly alt: readonly string[];
  readonly type: string;
  readonly frame: string | undefined;
  readonly corrupted: boolean;
  readonly suppressed: boolean;
  readonly panicked: boolean;
  readonly start: string | undefined;
  readonly end: string | undefined;
  readonly log: string;
}

/** Parses one file: headers up to the first empty line, then the log, up to `REPORT:`. */
export function readCase(name: string, text: string): CorpusCase {
  const end = text.indexOf('\n\n');
  const empty = text.startsWith('\n') ? 0 : end < 0 ? text.length : end;
  const headers: Record<string, string[]> = {};
  for (const line of text.slice(0, empty).split('\n')) {
    const colon = line.indexOf(': ');
    if (line.startsWith('#') || colon < 0) continue;
    const key = line.slice(0, colon);
    headers[key] = [...(headers[key] ?? []), line.slice(colon + 2)];
  }
  const body = text.slice(empty).replace(/^\n\n?/, '');
  const report = body.search(/^REPORT:\n/m);
  return {
    name,
    title: headers.TITLE?.[0] ?? '',
    alt: headers.ALT ?? [],
    type: headers.TYPE?.[0] ?? '',
    frame: headers.FRAME?.[0],
    corrupted: headers.CORRUPTED !== undefined,
    suppressed: headers.SUPPRESSED !== undefined,
    panicked: headers.PANICKED !== undefined,
    start: headers.START?.[0],
    end: headers.END?.[0],
    log: report < 0 ? body : body.slice(0, report),
  };
}
