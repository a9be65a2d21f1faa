import type { Language, Phrase } from '../base/phrase.ts';
import type { Block } from './block.ts';
import type { FaultData, FaultOriginData, FaultStepData } from './fault-data.ts';

const WORDS = {
  title: { en: 'Why it faulted', zh: '故障原因' },
  stopped: { en: 'It ends here', zh: '到此为止' },
  unsure: { en: 'likely', zh: '很可能' },
  open: { en: 'possibly', zh: '可能' },
  inlined: { en: 'inlined in', zh: '内联于' },
  object: { en: 'Object', zh: '对象' },
  origin: { en: 'Origin', zh: '来源' },
  of: { en: 'of slab cache', zh: '属于 slab 缓存' },
} as const satisfies Record<string, Phrase>;

/** Columns of the place before the instruction. */
const MAX_PLACE = 36;

/** The explanation of a fault for people: what failed, then each value back to where it came from. */
export function* faultBlocks(fault: FaultData, language: Language = 'en'): Iterable<Block> {
  yield { kind: 'heading', text: WORDS.title[language] };
  yield { kind: 'text', text: fault.summary[language] + (language === 'zh' ? '。' : '.') };
  for (const strand of fault.strands) {
    yield { kind: 'lines', lines: strandLines(strand, language) };
  }
  const ends = [
    ...(fault.object ? [`${WORDS.object[language]}: ${originText(fault.object, language)}`] : []),
    ...(fault.origin && fault.origin.address !== fault.object?.address
      ? [`${WORDS.origin[language]}: ${originText(fault.origin, language)}`]
      : []),
  ];
  if (ends.length > 0) yield { kind: 'list', items: ends };
}

function* strandLines({ steps, stopped }: FaultData['strands'][number], language: Language): Iterable<string> {
  const width = Math.min(MAX_PLACE, Math.max(0, ...steps.map((s) => placeText(s).length)));
  for (const step of steps) {
    const code = step.instruction.replaceAll(/\s+/g, ' ').trim();
    yield `${placeText(step).padEnd(width)}  ${code}`;
    yield `    ${sentence(step, language)}`;
    const source = sourceText(step, language);
    if (source !== undefined) yield `    ${source}`;
  }
  yield `    ${WORDS.stopped[language]}: ${stopped[language]}`;
}

function placeText(step: FaultStepData): string {
  return step.module === null ? step.place : `${step.place} [${step.module}]`;
}

function sentence(step: FaultStepData, language: Language): string {
  const doubt = { certain: '', likely: ` (${WORDS.unsure[language]})`, possible: ` (${WORDS.open[language]})` };
  const type = step.type === undefined ? '' : `(${step.type}) `;
  const value = step.value === null ? '' : `  ${type}= ${short(step.value)}`;
  return `${step.what[language]}${doubt[step.confidence]}${value}`;
}

function sourceText(step: FaultStepData, language: Language): string | undefined {
  if (!step.source) return undefined;
  const { file, line, inlined } = step.source;
  const names = [...inlined, step.function];
  const chain = inlined.length === 0 ? '' : `  ${names.join(`, ${WORDS.inlined[language]} `)}`;
  return `${file}:${line}${chain}`;
}

function originText({ expression, address, type, cache }: FaultOriginData, language: Language): string {
  const place = address === null ? '' : ` = ${short(address)}`;
  const kind = type === undefined ? '' : ` (${type})`;
  return `${expression}${place}${kind}${cache === undefined ? '' : `, ${WORDS.of[language]} ${cache}`}`;
}

/** Without the zeros in front. */
function short(value: string): string {
  return value.replace(/^0x0+(?=.)/, '0x');
}
