import { DW_TAG } from './dw-tag.ts';

/** What a name may stand for; at most 8, each has a bit. */
export const NAMED_TAGS: readonly number[] = [
  DW_TAG.structure_type,
  DW_TAG.class_type,
  DW_TAG.union_type,
  DW_TAG.enumeration_type,
  DW_TAG.typedef,
  DW_TAG.base_type,
  DW_TAG.variable,
];

/** How entries of a tag are treated. */
export interface NameKind {
  /** In `NAMED_TAGS`; -1 of tags that are not looked up by name. */
  readonly index: number;
  /** Only what has a place is a definition. */
  readonly needsPlace: boolean;
}

const NONE: NameKind = { index: -1, needsPlace: false };
const KINDS = new Map<number, NameKind>(
  NAMED_TAGS.map((tag, index) => [tag, { index, needsPlace: tag === DW_TAG.variable }]),
);

export function nameKind(tag: number): NameKind {
  return KINDS.get(tag) ?? NONE;
}
