import type { Aliases } from './aliases.ts';

/** Where source files of the kernel begin in an absolute path of a build machine. */
const SOURCE =
  /\/(?=(?:arch|block|certs|crypto|drivers|fs|include|init|io_uring|ipc|kernel|lib|mm|net|rust|samples|scripts|security|sound|tools|usr|virt)\/(?:[\w.+-]+\/)*[\w.+-]+\.(?:c|h|S|rs)\b)/g;

/** An absolute path in a text: what begins with a slash where a word may begin. Offsets such as `f+0x1/0x2` do not. */
const QUOTED = /(["'`])((?:\/|~\/)[^"'`\n]*)\1/g;
const PLAIN =
  /(^|[\s"'`=,(:[<>|;{])(?!\/[A-Z_#0-9]+>)((?:~|\.{1,2})?\/(?!\/)[^\s"'`,;()[\]<>|{}]*[^\s"'`,;()[\]<>|{}.:?!])/g;
/** Parts of a kernel's own file systems and devices: they are alike on every machine. */
const COMMON =
  /^\/(?:proc(?:\/(?:self|sys|sysrq-trigger|meminfo|kcore|vmcore|kmsg)(?:\/[a-z_/]+)?)?|sys(?:\/(?:kernel|module|block|fs)(?:\/[\w/-]*)?)?|dev(?:\/(?:[a-z]{1,8}\d{0,3}|null|zero|console|mapper|shm))?|tmp|run|boot|etc|usr|var|root|home)?\/?$/;

/** Absolute paths become `path-1`; of a kernel's source file the part within the kernel stays. */
export function scrubPaths(text: string, aliases: Aliases): string {
  const quoted = text.replace(QUOTED, (_, quote: string, path: string) => quote + scrubPath(path, aliases) + quote);
  return quoted.replace(PLAIN, (_, before: string, path: string) => before + scrubPath(path, aliases));
}

/** One whole path. */
export function scrubPath(path: string, aliases: Aliases): string {
  if (!/^(?:~|\.{1,2})?\//.test(path) || COMMON.test(path)) return path;
  const starts = [...path.matchAll(SOURCE)];
  const start = starts.at(-1)?.index;
  if (start === 0 || (path.startsWith('./') && start === 1)) return path;
  if (start === undefined) return aliases.of('path', path);
  return aliases.of('path', path.slice(0, start)) + path.slice(start);
}
