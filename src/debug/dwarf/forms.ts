/** Forms of attribute values. Source: DWARF 5, 7.5.6; GNU's from its own list. */
export const DW_FORM = {
  addr: 0x01,
  block2: 0x03,
  block4: 0x04,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  string: 0x08,
  block: 0x09,
  block1: 0x0a,
  data1: 0x0b,
  flag: 0x0c,
  sdata: 0x0d,
  strp: 0x0e,
  udata: 0x0f,
  ref_addr: 0x10,
  ref1: 0x11,
  ref2: 0x12,
  ref4: 0x13,
  ref8: 0x14,
  ref_udata: 0x15,
  indirect: 0x16,
  sec_offset: 0x17,
  exprloc: 0x18,
  flag_present: 0x19,
  strx: 0x1a,
  addrx: 0x1b,
  ref_sup4: 0x1c,
  strp_sup: 0x1d,
  data16: 0x1e,
  line_strp: 0x1f,
  ref_sig8: 0x20,
  implicit_const: 0x21,
  loclistx: 0x22,
  rnglistx: 0x23,
  ref_sup8: 0x24,
  strx1: 0x25,
  strx2: 0x26,
  strx3: 0x27,
  strx4: 0x28,
  addrx1: 0x29,
  addrx2: 0x2a,
  addrx3: 0x2b,
  addrx4: 0x2c,
  GNU_addr_index: 0x1f01,
  GNU_str_index: 0x1f02,
  GNU_ref_alt: 0x1f20,
  GNU_strp_alt: 0x1f21,
} as const;

/** What a value is, whatever its form. */
export type FormClass =
  | 'address'
  | 'block'
  | 'constant'
  | 'flag'
  | 'reference'
  | 'string'
  | 'offset'
  | 'list'
  | 'unknown';

/** How a value's length is found: 0 to 16 is the length itself. */
export const STEP = {
  leb: 32,
  string: 33,
  block1: 34,
  block2: 35,
  block4: 36,
  block: 37,
  indirect: 38,
  bad: 39,
} as const;

const ADDRESS = 64;
const OFFSET = 65;
const REF_ADDRESS = 66;

const F = DW_FORM;
const S = STEP;
const CLASSES: readonly (readonly [FormClass, readonly (readonly [form: number, step: number])[]])[] = [
  [
    'address',
    [
      [F.addr, ADDRESS],
      [F.addrx, S.leb],
      [F.addrx1, 1],
      [F.addrx2, 2],
      [F.addrx3, 3],
      [F.addrx4, 4],
      [F.GNU_addr_index, S.leb],
    ],
  ],
  [
    'block',
    [
      [F.block1, S.block1],
      [F.block2, S.block2],
      [F.block4, S.block4],
      [F.block, S.block],
      [F.exprloc, S.block],
      [F.data16, 16],
    ],
  ],
  [
    'constant',
    [
      [F.data1, 1],
      [F.data2, 2],
      [F.data4, 4],
      [F.data8, 8],
      [F.sdata, S.leb],
      [F.udata, S.leb],
      [F.implicit_const, 0],
    ],
  ],
  [
    'flag',
    [
      [F.flag, 1],
      [F.flag_present, 0],
    ],
  ],
  [
    'reference',
    [
      [F.ref1, 1],
      [F.ref2, 2],
      [F.ref4, 4],
      [F.ref8, 8],
      [F.ref_udata, S.leb],
      [F.ref_addr, REF_ADDRESS],
      [F.ref_sig8, 8],
      [F.ref_sup4, 4],
      [F.ref_sup8, 8],
      [F.GNU_ref_alt, OFFSET],
    ],
  ],
  [
    'string',
    [
      [F.string, S.string],
      [F.strp, OFFSET],
      [F.line_strp, OFFSET],
      [F.strp_sup, OFFSET],
      [F.GNU_strp_alt, OFFSET],
      [F.strx, S.leb],
      [F.strx1, 1],
      [F.strx2, 2],
      [F.strx3, 3],
      [F.strx4, 4],
      [F.GNU_str_index, S.leb],
    ],
  ],
  ['offset', [[F.sec_offset, OFFSET]]],
  [
    'list',
    [
      [F.loclistx, S.leb],
      [F.rnglistx, S.leb],
    ],
  ],
  ['unknown', [[F.indirect, S.indirect]]],
];

const classOf: (FormClass | undefined)[] = [];
const steps = new Uint8Array(0x40).fill(S.bad);
const gnuSteps = new Uint8Array(0x40).fill(S.bad);
for (const [name, forms] of CLASSES) {
  for (const [form, step] of forms) {
    classOf[(form & 0x7f) | (form >= 0x1f00 ? 0x80 : 0)] = name;
    if (form < 0x40) steps[form] = step;
    else gnuSteps[form & 0x3f] = step;
  }
}

export function formClass(form: number): FormClass {
  return (
    (form < 0x80 || form >= 0x1f00 ? classOf[(form & 0x7f) | (form >= 0x1f00 ? 0x80 : 0)] : undefined) ?? 'unknown'
  );
}

/** How to step over a value of `form`: a length, or one of `STEP`. */
export function formStep(form: number, version: number, addressSize: number, offsetSize: number): number {
  const step = form < 0x40 ? steps[form] : form >= 0x1f00 && form < 0x1f40 ? gnuSteps[form & 0x3f] : S.bad;
  if (step === OFFSET) return offsetSize;
  if (step === ADDRESS) return addressSize;
  if (step === REF_ADDRESS) return version <= 2 ? addressSize : offsetSize;
  return step ?? S.bad;
}
