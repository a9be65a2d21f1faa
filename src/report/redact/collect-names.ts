import type { CrashReport } from '../crash-report.ts';
import type { Schema } from '../schema.ts';
import type { KnownNames } from './scrub-text.ts';

/** Names that are no secret, though a machine or a user may be called so. */
const COMMON: readonly string[] = ['(none)', 'localhost', 'linux', 'kernel', 'root', 'user', 'local', 'vmlinux', 'usr'];
/** Shorter ones would be found in words that have nothing to do with them. */
const SHORTEST = 2;

/** Names that the report tells somewhere, so that they are found everywhere in it. */
export function collectNames(report: CrashReport, schema: Schema): KnownNames {
  const hosts = new Set<string>();
  const users = new Set<string>();
  const others = new Map<string, 'path' | 'command' | 'text'>();
  const node = report.system.nodename;
  if (node !== null) for (const name of [node, node.split('.')[0] ?? '']) hosts.add(name);
  for (const { text, secret } of strings(report, schema)) {
    if (secret === 'host') hosts.add(text);
    if (secret === 'user') users.add(text);
    if (secret === 'path' && /\s/.test(text)) others.set(text, 'path');
    if (secret === 'command' && /\s/.test(text)) others.set(text, 'command');
    for (const [, user] of text.matchAll(/\/(?:home|Users|media|run\/media)\/([\w.+-]+)/g)) users.add(user as string);
    for (const [, user, host] of text.matchAll(/\(([\w.+-]+)@([\w.-]+)\) \((?:gcc|clang|[\w-]+-gcc)/g)) {
      users.add(user as string);
      hosts.add(host as string);
    }
  }
  const longestFirst = (a: string, b: string): number => b.length - a.length;
  const telling = (names: ReadonlySet<string>): string[] =>
    [...names].filter((n) => n.length >= SHORTEST && !COMMON.includes(n.toLowerCase())).sort(longestFirst);
  const texts = [...others].sort(([a], [b]) => longestFirst(a, b)).map(([text, kind]) => [kind, text] as const);
  return { hosts: telling(hosts), users: telling(users), others: texts };
}

function* strings(value: unknown, schema: Schema | undefined): Iterable<{ text: string; secret: Schema['secret'] }> {
  if (typeof value === 'string') yield { text: value, secret: schema?.secret };
  else if (Array.isArray(value)) for (const v of value) yield* strings(v, schema?.items);
  else if (typeof value === 'object' && value !== null) {
    const additional = schema?.additionalProperties === false ? undefined : schema?.additionalProperties;
    for (const [name, v] of Object.entries(value)) yield* strings(v, schema?.properties?.[name] ?? additional);
  }
}
