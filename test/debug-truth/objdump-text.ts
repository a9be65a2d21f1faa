/** An instruction of `objdump -d --show-raw-insn`. */
export interface PeerInstruction {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** Mnemonic and operands as objdump writes them, with its comments. */
  readonly text: string;
}

/**
 * The instructions that objdump prints. Lines without a text go on with the bytes of the one before; fixed-size code is
 * printed as a number, most significant byte first, of which the file has the least first.
 */
export function parseObjdump(text: string): PeerInstruction[] {
  const found: { address: bigint; bytes: number[]; text: string }[] = [];
  for (const line of text.split('\n')) {
    const m = /^\s*([0-9a-f]+):\t((?:[0-9a-f]{2}|[0-9a-f]{8})(?: (?:[0-9a-f]{2}|[0-9a-f]{8}))*)\s*(?:\t(.*))?$/.exec(
      line,
    );
    if (!m) continue;
    const bytes = (m[2] as string).split(' ').flatMap(bytesOf);
    if (m[3] === undefined) found.at(-1)?.bytes.push(...bytes);
    else found.push({ address: BigInt(`0x${m[1]}`), bytes, text: m[3].trim() });
  }
  return found.map((i) => ({ ...i, bytes: Uint8Array.from(i.bytes) }));
}

function bytesOf(word: string): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < word.length; i += 2) bytes.push(Number.parseInt(word.slice(i, i + 2), 16));
  return bytes.length > 1 ? bytes.reverse() : bytes;
}

/**
 * One notation for both sides, which loses nothing but notation:
 * - comments (`# 0x...`, `// ...`) and `<symbol+0x1>` behind addresses go;
 * - white space is one blank, none around commas;
 * - addresses that a symbol stands behind get `0x`;
 * - addresses of 16 digits get `0x` and lose leading zeros;
 * - shifts by one (D0, D1): binutils before 2.41 leaves `$1` out, later ones and we write it; it goes;
 * - `(bad)`, `.inst ... undefined` and `.byte ...` are all `(bad)`: no instruction.
 */
export function normalise(text: string): string {
  const plain = text
    .replace(/\s+#\s.*$/, '')
    .replace(/\s*\/\/.*$/, '')
    .replace(/(^|[ ,\t])([0-9a-f]{1,16})(?=\s*<)/, '$10x$2')
    .replace(/\s*<[^>]*>/g, '')
    .replace(/(^|[ ,\t])(?:0x)?0*([0-9a-f]{1,16})$/, (all, before: string, digits: string) =>
      /[ \t,](?:0x)?[0-9a-f]{8,16}$/.test(all) ? `${before}0x${digits}` : all,
    )
    .replace(/\s+/g, ' ')
    .replace(/^((?:rc|ro|sa|sh)[lr][bwlq]?) \$1,/, '$1 ')
    .replace(/ ?, ?/g, ',')
    .trim();
  return isBad(text) ? '(bad)' : plain;
}

/** No instruction for objdump. */
export function isBad(text: string): boolean {
  return /\(bad\)|^\.inst\b.*undefined|^\.byte\b|^\.(?:word|long 0x|short 0x)|^undefined$/.test(text);
}
