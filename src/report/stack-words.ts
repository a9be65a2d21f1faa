import { AnalysisError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { slabCacheOf } from '../kernel/slab-cache-of.ts';
import type { Program } from '../program/program.ts';
import { digits } from './pad.ts';
import type { WordsData } from './stack-data.ts';

/** What stands for a word: symbols only, the slab cache of an object too, or that with the address. */
export type WordNaming = 'symbols' | 'caches' | 'objects';

/** Words from `at` on, two a piece, with what they stand for. */
export function wordsData(prog: Program, at: Addr, words: readonly bigint[], naming?: WordNaming): WordsData[] {
  const out: WordsData[] = [];
  for (let i = 0; i < words.length; i += 2) {
    const pair = words.slice(i, i + 2);
    const names = naming && pair.map((word) => nameOf(prog, word, naming));
    out.push({ address: hex64(at + BigInt(i * 8)), values: pair.map(hex64), ...(names?.some(Boolean) && { names }) });
  }
  return out;
}

function nameOf(prog: Program, word: bigint, naming: WordNaming): string | null {
  if (word < prog.kernelStart) return null;
  const symbol = prog.symbolAt(word);
  if (symbol) return `${symbol.name}${word === symbol.address ? '' : `+${word - symbol.address}`}`;
  const cache = naming === 'symbols' ? undefined : cacheOf(prog, word);
  if (cache === undefined) return null;
  return naming === 'objects' ? `[${word.toString(16)}:${cache}]` : `[${cache}]`;
}

function cacheOf(prog: Program, word: Addr): string | undefined {
  try {
    return slabCacheOf(prog, word);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return undefined;
  }
}

/** Two words a line, as crash prints them under a frame; `gap` stands behind the address. */
export function wordLines(words: readonly WordsData[], indent = '    ', gap = ' '): string[] {
  return words.map((w) => {
    const texts = w.values.map((value, i) => (w.names?.[i] ?? digits(value)).padEnd(16));
    return `${indent}${digits(w.address)}:${gap}${texts.map((text) => `${text} `).join('')}`;
  });
}
