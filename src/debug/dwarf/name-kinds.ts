import { DW_TAG } from './dw-tag.ts';

/** Stands for a variable that is declared and not defined; no tag has more than 16 bits. */
export const DECLARED_VARIABLE = 0x10000 | DW_TAG.variable;

/** What a name may stand for; at most 8, each has a bit. */
export const NAMED_TAGS: readonly number[] = [
  DW_TAG.structure_type,
  DW_TAG.class_type,
  DW_TAG.union_type,
  DW_TAG.enumeration_type,
  DW_TAG.typedef,
  DW_TAG.base_type,
  DW_TAG.variable,
  DECLARED_VARIABLE,
];

/** What is known of an entry from the attributes that it has. */
export interface EntryForm {
  /** It has a name, or leads to the entry that has it. */
  readonly named: boolean;
  readonly declared: boolean;
  /** It has a location or a value. */
  readonly placed: boolean;
}

/** Number in `NAMED_TAGS` of what entries of a tag and form are; -1 of those that are not looked up by name. */
export function nameKind(tag: number, { named, declared, placed }: EntryForm): number {
  if (!named) return -1;
  if (tag !== DW_TAG.variable) return declared ? -1 : NAMED_TAGS.indexOf(tag);
  if (declared) return NAMED_TAGS.indexOf(DECLARED_VARIABLE);
  return placed ? NAMED_TAGS.indexOf(DW_TAG.variable) : -1;
}
