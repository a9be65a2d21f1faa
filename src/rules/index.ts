import type { Rule } from '../diagnosis/rule.ts';
import { allocatorReported } from './allocator-report.ts';
import { badCall } from './bad-call.ts';
import { badPointer } from './bad-pointer.ts';
import { bitFlip } from './bit-flip.ts';
import { bugAssertion } from './bug-assertion.ts';
import { cpuHardLockup } from './cpu-hard-lockup.ts';
import { cpuSoftLockup } from './cpu-soft-lockup.ts';
import { doubleFree } from './double-free.ts';
import { exception } from './exception.ts';
import { freedPage } from './freed-page.ts';
import { brokenFreelist } from './freelist.ts';
import { ioStuck } from './io-stuck.ts';
import { listCorruption } from './list-corruption.ts';
import { machineCheck } from './machine-check.ts';
import { moduleInvolvement } from './module-involvement.ts';
import { nullPointer } from './null-pointer.ts';
import { panicAsked } from './panic-asked.ts';
import { panicNmi } from './panic-nmi.ts';
import { panicPolicy } from './panic-policy.ts';
import { rcuStall } from './rcu-stall.ts';
import { refcount } from './refcount.ts';
import { stackOverflow } from './stack-overflow.ts';
import { useAfterFree } from './use-after-free.ts';
import { waitDeadlock } from './wait-deadlock.ts';
import { waitHang } from './wait-hang.ts';
import { waitHungTask } from './wait-hung-task.ts';
import { waitSelfDeadlock } from './wait-self-deadlock.ts';
import { workStall } from './work-stall.ts';

/** Every rule. Their findings are ranked together, so the order says nothing. */
export const rules: readonly Rule[] = [
  allocatorReported,
  badCall,
  badPointer,
  bitFlip,
  brokenFreelist,
  bugAssertion,
  cpuHardLockup,
  cpuSoftLockup,
  doubleFree,
  exception,
  freedPage,
  ioStuck,
  listCorruption,
  machineCheck,
  moduleInvolvement,
  nullPointer,
  panicAsked,
  panicNmi,
  panicPolicy,
  rcuStall,
  refcount,
  stackOverflow,
  useAfterFree,
  waitDeadlock,
  waitHang,
  waitHungTask,
  waitSelfDeadlock,
  workStall,
];
