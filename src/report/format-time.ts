import type { Language } from '../base/phrase.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function two(n: number): string {
  return String(n).padStart(2, '0');
}

/**
 * Seconds since the epoch as `Sun Nov 22 13:52:30 UTC 2026`, in Chinese as `2026-11-22 13:52:30 UTC`; always UTC, so that every
 * reader sees the same.
 */
export function formatDate(seconds: number, language: Language = 'en'): string {
  const d = new Date(Math.floor(seconds) * 1000);
  const zh = language === 'zh';
  if (Number.isNaN(d.getTime())) return zh ? '（未知）' : '(unknown)';
  const time = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
  if (zh) return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())} ${time} UTC`;
  return `${DAYS[d.getUTCDay()]} ${MONTHS[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ${time} UTC ${d.getUTCFullYear()}`;
}

/** Seconds as `00:00:18` or `3 days, 00:00:18`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const days = Math.floor(whole / 86400);
  const rest = whole % 86400;
  const time = `${two(Math.floor(rest / 3600))}:${two(Math.floor((rest % 3600) / 60))}:${two(rest % 60)}`;
  return days > 0 ? `${days} days, ${time}` : time;
}

/** Nanoseconds as the kernel log shows them: `   18.803582`. */
export function formatLogTime(nanoseconds: bigint): string {
  const micros = nanoseconds / 1000n;
  return `${String(micros / 1000000n).padStart(5)}.${String(micros % 1000000n).padStart(6, '0')}`;
}
