import type { RankedFinding } from '../../report/finding-data.ts';
import type { Death } from './death.ts';
import { sameHour } from './same-hour.ts';
import { sameMachine } from './same-machine.ts';
import { sameModule } from './same-module.ts';
import { sameUptime } from './same-uptime.ts';
import { shortOfMemory } from './short-of-memory.ts';

/** What of several deaths together tells more than each alone; undefined when it is not so. */
export type CommonRule = (deaths: readonly Death[]) => RankedFinding | undefined;

const rules: readonly CommonRule[] = [shortOfMemory, sameModule, sameMachine, sameUptime, sameHour];

/** What two or more deaths have in common that means something. */
export function commonFindings(deaths: readonly Death[]): RankedFinding[] {
  return deaths.length < 2 ? [] : rules.flatMap((rule) => rule(deaths) ?? []);
}
