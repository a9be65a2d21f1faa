export { addressOf, evaluate, valueOrType } from './evaluate.ts';
export { ExprValue } from './expr-value.ts';
export { frameScope, isPerCpu } from './frame-scope.ts';
export { memberScope } from './member-scope.ts';
export {
  memberOffset,
  type NamedValue,
  type ObjectMembers,
  objectLines,
  objectMembers,
  parseObjectMembers,
} from './object-members.ts';
export {
  checkedSize,
  parseObjectAddress,
  parseOffset,
  parseTypeSpec,
  perCpuAddresses,
  placeOf,
  splitCpus,
  structNamed,
  type TypeSpec,
} from './object-spec.ts';
export type { PrintFormat } from './print-format.ts';
export type { Scope } from './scope.ts';
export { printedText, treeText } from './tree-text.ts';
export { parseTypeName } from './type-parser.ts';
export { type ValueHistory, valueHistory } from './value-history.ts';
export { objectTree, type ValueNode, valueTree } from './value-tree.ts';
