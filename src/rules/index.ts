import type { Rule } from '../diagnosis/rule.ts';
import { allocatorReported } from './allocator-report.ts';
import { badCall } from './bad-call.ts';
import { badPointer } from './bad-pointer.ts';
import { bitFlip } from './bit-flip.ts';
import { bugAssertion } from './bug-assertion.ts';
import { doubleFree } from './double-free.ts';
import { exception } from './exception.ts';
import { freedPage } from './freed-page.ts';
import { brokenFreelist } from './freelist.ts';
import { listCorruption } from './list-corruption.ts';
import { machineCheck } from './machine-check.ts';
import { moduleInvolvement } from './module-involvement.ts';
import { nullPointer } from './null-pointer.ts';
import { refcount } from './refcount.ts';
import { stackOverflow } from './stack-overflow.ts';
import { useAfterFree } from './use-after-free.ts';

/** Every rule. Their findings are ranked together, so the order says nothing. */
export const rules: readonly Rule[] = [
  allocatorReported,
  badCall,
  badPointer,
  bitFlip,
  brokenFreelist,
  bugAssertion,
  doubleFree,
  exception,
  freedPage,
  listCorruption,
  machineCheck,
  moduleInvolvement,
  nullPointer,
  refcount,
  stackOverflow,
  useAfterFree,
];
