import type { Random } from './file-damage.ts';

const SPECIAL = [0, 1, 8, 9, 10, 13, 27, 0x20, 0x3c, 0x3e, 0x5b, 0x5c, 0x5d, 0x7b, 0xff];

function flip(log: Uint8Array, random: Random): Uint8Array {
  const out = log.slice();
  for (let n = 1 + random(64); n > 0 && out.length > 0; n--) {
    const at = random(out.length);
    out[at] = random(2) === 0 ? (out[at] as number) ^ (1 << random(8)) : (SPECIAL[random(SPECIAL.length)] as number);
  }
  return out;
}

function splice(log: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const parts = [
    log.subarray(0, random(log.length)),
    other.subarray(random(other.length)),
    log.subarray(random(log.length)),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

function linesOf(log: Uint8Array): string[] {
  return Buffer.from(log).toString('latin1').split('\n');
}

function bytesOf(lines: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.from(lines.join('\n'), 'latin1'));
}

/** Lines of two logs as two CPUs would print them. */
function interleave(log: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const a = linesOf(log);
  const b = linesOf(other);
  const out: string[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; )
    out.push((j >= b.length || (i < a.length && random(2) === 0) ? a[i++] : b[j++]) as string);
  return bytesOf(out);
}

/** Lines that are lost, doubled, cut, run into each other, or swapped. */
function disorder(log: Uint8Array, random: Random): Uint8Array {
  const lines = linesOf(log);
  for (let n = 1 + random(40); n > 0 && lines.length > 1; n--) {
    const at = random(lines.length - 1);
    const [line, next] = [lines[at], lines[at + 1]] as [string, string];
    const kind = random(5);
    if (kind === 0) lines.splice(at, 1 + random(20));
    else if (kind === 1) lines.splice(at, 0, ...Array<string>(1 + random(30)).fill(line));
    else if (kind === 2) lines[at] = line.slice(random(line.length + 1));
    else if (kind === 3) lines.splice(at, 2, line + next);
    else lines.splice(at, 2, next, line);
  }
  return bytesOf(lines);
}

/** Kinds of damage by name, as in the plan. */
export const logDamage: Readonly<Record<string, (log: Uint8Array, other: Uint8Array, random: Random) => Uint8Array>> = {
  'log bytes': (log, _other, random) => flip(log, random),
  'log spliced': (log, other, random) => splice(log, other, random),
  'log part': (log, _other, random) => log.subarray(random(log.length), random(log.length)),
  'log mixed': (log, other, random) => interleave(log, other, random),
  'log lines': (log, _other, random) => disorder(log, random),
};
