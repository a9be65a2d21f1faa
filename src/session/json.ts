import { AnalysisError } from '../base/errors.ts';

/** Version of the shapes that docs/json.md describes; it changes when a member goes or changes its meaning. */
export const SCHEMA = 1;

/** What one command line came to. */
export type Outcome =
  | { readonly line: string; readonly data: object }
  | { readonly line: string; readonly error: unknown };

/** The JSON document of one or several command lines. */
export function jsonDocument(outcomes: readonly Outcome[]): object {
  const [only] = outcomes;
  if (outcomes.length === 1 && only) {
    const { line } = only;
    return 'data' in only
      ? { schema: SCHEMA, command: line, ...only.data }
      : { schema: SCHEMA, command: line, error: errorData(only.error) };
  }
  return {
    schema: SCHEMA,
    commands: outcomes.map((o) =>
      'data' in o ? { command: o.line, data: o.data } : { command: o.line, error: errorData(o.error) },
    ),
  };
}

function errorData(error: unknown): { code: string; message: string } {
  if (error instanceof AnalysisError) return { code: error.code, message: error.message };
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}
