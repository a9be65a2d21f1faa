/** An instruction that capstone 5 does not know: complete, or with the operands of another that is encoded alike. */
export type Addition =
  | { readonly mnemonic: string; readonly size: number }
  | { readonly mnemonic: string; readonly like: Uint8Array };

/** Intel SDM volume 2, AMD APM volume 3, Intel FRED specification 7.0, Intel TDX architecture specification. */
const FIXED: readonly (readonly [mnemonic: string, ...code: number[]])[] = [
  ['serialize', 0x0f, 0x01, 0xe8],
  ['erets', 0xf2, 0x0f, 0x01, 0xca],
  ['eretu', 0xf3, 0x0f, 0x01, 0xca],
  ['wrmsrns', 0x0f, 0x01, 0xc6],
  ['rdmsrlist', 0xf2, 0x0f, 0x01, 0xc6],
  ['wrmsrlist', 0xf3, 0x0f, 0x01, 0xc6],
  ['xsusldtrk', 0xf2, 0x0f, 0x01, 0xe8],
  ['xresldtrk', 0xf2, 0x0f, 0x01, 0xe9],
  ['setssbsy', 0xf3, 0x0f, 0x01, 0xe8],
  ['saveprevssp', 0xf3, 0x0f, 0x01, 0xea],
  ['tdcall', 0x66, 0x0f, 0x01, 0xcc],
  ['seamret', 0x66, 0x0f, 0x01, 0xcd],
  ['seamops', 0x66, 0x0f, 0x01, 0xce],
  ['seamcall', 0x66, 0x0f, 0x01, 0xcf],
  ['pvalidate', 0xf2, 0x0f, 0x01, 0xff],
  ['psmash', 0xf3, 0x0f, 0x01, 0xff],
  ['rmpupdate', 0xf2, 0x0f, 0x01, 0xfe],
  ['rmpadjust', 0xf3, 0x0f, 0x01, 0xfe],
];

const PREFIXES = 4;

/**
 * What stands at the start of `code`, where capstone has no answer or stops too early. UD0 and UD1 have a ModRM byte
 * (Intel SDM volume 2, "UD"); Linux marks static call sites and traps of sanitisers with it.
 */
export function x86Addition(code: Uint8Array): Addition | undefined {
  for (const [mnemonic, ...bytes] of FIXED) {
    if (bytes.every((byte, i) => code[i] === byte)) return { mnemonic, size: bytes.length };
  }
  let at = 0;
  while (at < PREFIXES && (code[at] === 0x67 || code[at] === 0x66 || ((code[at] as number) & 0xf0) === 0x40)) at++;
  if (code[at] !== 0x0f || (code[at + 1] !== 0xb9 && code[at + 1] !== 0xff)) return undefined;
  const like = code.slice(0, 16);
  like[at + 1] = 0xaf; // IMUL r, r/m
  return { mnemonic: code[at + 1] === 0xb9 ? 'ud1' : 'ud0', like };
}
