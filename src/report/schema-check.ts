import type { Schema, SchemaType } from './schema.ts';

/** Every place where a value does not match a schema, one line each with its path; for tests and consumers. */
export function schemaProblems(schema: Schema, value: unknown, path = '$'): string[] {
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
  const actual = typeOf(value);
  if (!types.some((t) => t === actual || (t === 'number' && actual === 'integer'))) {
    return [`${path}: ${actual} where ${types.join(' or ')} is expected`];
  }
  if (typeof value === 'string') return stringProblems(schema, value, path);
  if (Array.isArray(value)) return value.flatMap((v, i) => itemProblems(schema, v, `${path}[${i}]`));
  if (typeof value === 'object' && value !== null) return objectProblems(schema, value, path);
  return [];
}

function typeOf(value: unknown): SchemaType | 'undefined' | 'other' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'integer' : 'number';
  const type = typeof value;
  return type === 'object' || type === 'string' || type === 'boolean' || type === 'undefined' ? type : 'other';
}

function stringProblems(schema: Schema, value: string, path: string): string[] {
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) {
    return [`${path}: ${JSON.stringify(value)} does not match ${schema.pattern}`];
  }
  if (schema.enum && !schema.enum.includes(value))
    return [`${path}: ${JSON.stringify(value)} is none of ${schema.enum}`];
  return [];
}

function itemProblems(schema: Schema, value: unknown, path: string): string[] {
  return schema.items ? schemaProblems(schema.items, value, path) : [];
}

function objectProblems(schema: Schema, value: object, path: string): string[] {
  const problems: string[] = [];
  const members = value as Record<string, unknown>;
  for (const name of schema.required ?? []) {
    if (members[name] === undefined) problems.push(`${path}.${name}: missing`);
  }
  if (!schema.properties && schema.additionalProperties === undefined) return problems; // an object of another command
  for (const [name, member] of Object.entries(members)) {
    if (member === undefined) continue; // JSON leaves it out
    const inner = schema.properties?.[name] ?? schema.additionalProperties;
    if (inner === false || inner === undefined) problems.push(`${path}.${name}: not in the schema`);
    else problems.push(...schemaProblems(inner, member, `${path}.${name}`));
  }
  return problems;
}
