import type { Aliases, AliasKind } from './aliases.ts';
import { scrubCommandLine } from './scrub-command-line.ts';
import { scrubPaths } from './scrub-paths.ts';

/** Names of hosts and users that were found somewhere in the report, and are searched for everywhere. */
export interface KnownNames {
  readonly hosts: readonly string[];
  readonly users: readonly string[];
  /** Paths with blanks, and other texts that no pattern finds. */
  readonly others: readonly (readonly [kind: AliasKind, text: string])[];
}

interface Pattern {
  readonly kind: AliasKind;
  readonly pattern: RegExp;
}

const HEX = '[0-9a-fA-F]';
const NOT_BEFORE = '(?<![\\w.:-])';
const NOT_AFTER = '(?![\\w:-])';

/** In this order: what is longer and surer first. The whole match is replaced, or its group `secret` where it has one. */
const PATTERNS: readonly Pattern[] = [
  { kind: 'url', pattern: /\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s"'<>)\]]+/gi },
  { kind: 'user', pattern: /(?<![\w.+/-])[A-Za-z_][\w.+-]*@[A-Za-z0-9][\w.-]*[A-Za-z0-9]/g },
  { kind: 'uuid', pattern: new RegExp(`\\b${HEX}{8}-${HEX}{4}-${HEX}{4}-${HEX}{4}-${HEX}{12}\\b`, 'g') },
  { kind: 'uuid', pattern: /\bUUID=(?<secret>[^\s"']+)/gi },
  {
    kind: 'serial',
    pattern: /\b(?:serial ?(?:number|no\.?)?|s\/n|asset ?tag|service ?tag)["']?\s*[:=]\s*["']?(?<secret>[^\s"',;]+)/gi,
  },
  {
    kind: 'serial',
    pattern: new RegExp(`\\b(?:wwn-0x|wwid[=: ]+|eui\\.|naa\\.|nguid[=: ]+)(?<secret>${HEX}{8,32})`, 'gi'),
  },
  { kind: 'mac', pattern: new RegExp(`${NOT_BEFORE}(?:${HEX}{2}([:-])(?:${HEX}{2}\\1){4}${HEX}{2})${NOT_AFTER}`, 'g') },
  {
    kind: 'ip',
    pattern: /(?<![\w.-])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w-]|\.\d)/g,
  },
  { kind: 'ip', pattern: new RegExp(`${NOT_BEFORE}(?:${HEX}{1,4}:){7}${HEX}{1,4}${NOT_AFTER}`, 'g') },
  {
    kind: 'ip',
    pattern: new RegExp(
      `${NOT_BEFORE}(?:${HEX}{1,4}(?::${HEX}{1,4}){0,6})?::(?:${HEX}{1,4}(?::${HEX}{1,4}){0,6})?(?:%\\w+)?${NOT_AFTER}`,
      'g',
    ),
  },
  {
    kind: 'host',
    pattern:
      /(?<![\w./-])(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.)+(?:com|net|org|edu|gov|mil|int|cn|eu|uk|de|fr|jp|kr|ru|in|br|io|dev|app|cloud|corp|local|lan|intra|internal|home|localdomain|arpa|test|example)(?![\w(-])/g,
  },
];

/** Text in which nothing is left that could tell whose machine it was. */
export function scrubText(text: string, known: KnownNames, aliases: Aliases): string {
  let out = text;
  for (const [kind, name] of known.others) out = out.replaceAll(name, aliases.of(kind, name));
  out = out.replace(
    /\b((?:kernel )?command line: ?)(.+)/gi,
    (_, head: string, line: string) => head + scrubCommandLine(line, aliases),
  );
  for (const { kind, pattern } of PATTERNS) out = out.replace(pattern, replacer(kind, aliases));
  out = scrubPaths(out, aliases);
  for (const host of known.hosts) out = replaceWord(out, host, aliases.of('host', host));
  for (const user of known.users) out = replaceWord(out, user, aliases.of('user', user));
  return out;
}

type Replacer = (match: string, ...rest: unknown[]) => string;

function replacer(kind: AliasKind, aliases: Aliases): Replacer {
  return (match, ...rest) => {
    const groups = rest.at(-1);
    const secret = typeof groups === 'object' && groups !== null ? (groups as { secret?: string }).secret : undefined;
    if (kind === 'ip' && /^[:0]*$/.test(match)) return match;
    if (secret === undefined) return aliases.of(kind, match.toLowerCase());
    return match.slice(0, match.length - secret.length) + aliases.of(kind, secret.toLowerCase());
  };
}

/** Also within compounds such as `host.mode`, but not within longer words. */
function replaceWord(text: string, word: string, alias: string): string {
  return text.replace(new RegExp(`(?<![A-Za-z0-9_])${escapeRegExp(word)}(?![A-Za-z0-9_])`, 'gi'), alias);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
