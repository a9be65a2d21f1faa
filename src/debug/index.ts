import type { DebugProvider } from '../program/ports.ts';
import { btf } from './btf.ts';
import { globalSearch } from './global-search.ts';
import { kallsyms } from './kallsyms.ts';
import { moduleSymbols } from './module-symbols.ts';
import { orc } from './orc.ts';
import { unlistedSymbols } from './unlisted-symbols.ts';

/** Every source of debug information, in the order in which they are asked. */
export const debugProviders: readonly DebugProvider[] = [
  kallsyms,
  unlistedSymbols,
  moduleSymbols,
  globalSearch,
  btf,
  orc,
];
