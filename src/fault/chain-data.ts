import { hex64 } from '../base/hex.ts';
import type { FaultData, FaultOriginData, FaultStepData } from '../report/fault-data.ts';
import { formatType } from '../types/format-type.ts';
import type { FaultChain, FaultOrigin, FaultStep } from './chain.ts';

/** An explanation as data. */
export function faultData(chain: FaultChain): FaultData {
  return {
    kind: chain.kind,
    function: chain.function,
    module: chain.module ?? null,
    ...(chain.target !== undefined && { target: hex64(chain.target) }),
    expression: chain.expression,
    summary: chain.summary,
    strands: chain.strands.map(({ steps, stopped }) => ({ steps: steps.map(stepData), stopped })),
    ...(chain.origin && { origin: originData(chain.origin) }),
    ...(chain.object && { object: originData(chain.object) }),
    pointers: chain.pointers.map(({ value, expression, function: name, type }) => ({
      ...{ value: hex64(value), expression, function: name },
      ...(type && { type: formatType(type) }),
    })),
  };
}

function stepData(step: FaultStep): FaultStepData {
  const { address, readFrom, value, module, ...rest } = step;
  return {
    ...rest,
    module: module ?? null,
    address: hex64(address),
    value: value === undefined ? null : hex64(value),
    ...(readFrom && {
      readFrom: {
        address: hex64(readFrom.address),
        size: readFrom.size,
        now: readFrom.now === undefined ? null : hex64(readFrom.now),
      },
    }),
  } as FaultStepData;
}

function originData({ address, ...rest }: FaultOrigin): FaultOriginData {
  return { ...rest, address: address === undefined ? null : hex64(address) };
}
