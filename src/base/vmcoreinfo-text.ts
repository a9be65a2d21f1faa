import { decodeAscii } from './text.ts';

/** VMCOREINFO up to its first NUL; undefined when that leaves nothing. */
export function vmcoreinfoText(desc: Uint8Array): string | undefined {
  const nul = desc.indexOf(0);
  const text = decodeAscii(desc, 0, nul < 0 ? desc.length : nul);
  return text.includes('=') ? text : undefined;
}
