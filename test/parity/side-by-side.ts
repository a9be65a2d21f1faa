import type { Unexplained } from './compare.ts';

const MOST = 400;

/** Unexplained lines, crash's left and ours right; long pairs one below the other. */
export function sideBySide(places: readonly Unexplained[]): string {
  const out: string[] = [];
  for (const { crash, ours } of places) {
    if (out.length > MOST) {
      out.push(`  ... and ${places.length} places in all`);
      break;
    }
    for (let i = 0; i < Math.max(crash.length, ours.length) && i < MOST; i++) out.push(...pair(crash[i], ours[i]));
    out.push('  --');
  }
  return out.join('\n');
}

function pair(crash: string | undefined, ours: string | undefined): string[] {
  if (crash !== undefined && ours !== undefined && crash.length <= 78) return [`- ${crash.padEnd(78)} + ${ours}`];
  return [
    ...(crash === undefined ? [] : [`- ${crash}`]),
    ...(ours === undefined ? [] : [`${' '.repeat(81)}+ ${ours}`]),
  ];
}
