/** A variable as drgn has it: its bytes in hexadecimal, or why there are none (`absent`, an exception). */
export interface PeerVariable {
  readonly name: string;
  readonly bytes?: string;
  readonly why?: string;
}

/** A frame of drgn; inlined functions come before the one they are in, with the same `pc`. */
export interface PeerFrame {
  readonly pc: bigint;
  readonly function: string;
  readonly inlined: boolean;
  readonly variables: readonly PeerVariable[];
}

/** The functions of one place on the stack: inlined ones first, the last one exists on its own. */
export interface PeerCall {
  readonly pc: bigint;
  readonly functions: readonly PeerFrame[];
}

/** What `drgn-locals.py` prints. */
export function parseDrgnFrames(text: string): PeerCall[] {
  const calls: { pc: bigint; functions: PeerFrame[] }[] = [];
  let open = false;
  for (const line of text.split('\n')) {
    if (!line.startsWith('{')) continue;
    const raw = JSON.parse(line) as Omit<PeerFrame, 'pc'> & { pc: string };
    const frame = { ...raw, pc: BigInt(raw.pc) };
    if (open) calls.at(-1)?.functions.push(frame);
    else calls.push({ pc: frame.pc, functions: [frame] });
    open = frame.inlined;
  }
  return calls;
}
