/** The steps of a member path such as `a.b`, `a[3].b` or `[2]`: names and indices; `undefined` when it is none. */
export function parsePath(path: string): readonly (string | number)[] | undefined {
  if (SIMPLE.test(path)) return [path];
  const steps: (string | number)[] = [];
  STEP.lastIndex = 0;
  for (let at = 0; at < path.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const m = STEP.exec(path);
    if (!m) return undefined;
    if (m[2] !== undefined) steps.push(Number(m[2]));
    else if (at === 0 || m[0].startsWith('.')) steps.push(m[1] as string);
    else return undefined;
  }
  return steps.length > 0 ? steps : undefined;
}

const SIMPLE = /^[A-Za-z_]\w*$/;
const STEP = /\.?([A-Za-z_]\w*)|\[(\d{1,9})\]/y;
