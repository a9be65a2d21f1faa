/** The subset of JSON Schema (2020-12) that describes what commands answer; docs/json.md is generated from it. */
export interface Schema {
  readonly type: SchemaType | readonly SchemaType[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  /** What a text tells of the machine and its users; it is replaced in a report that is to be sent. */
  readonly secret?: SecretKind;
}

/** `contents`: a value of memory, in which quoted text is secret; `command`: the command line of a process. */
export type SecretKind = 'host' | 'user' | 'path' | 'command' | 'kernel-command-line' | 'contents' | 'serial' | 'ip';

export type SchemaType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';

/** A member that may be absent. */
export interface Optional {
  readonly optional: Schema;
}

export function optional(schema: Schema): Optional {
  return { optional: schema };
}

/** An object with exactly these members. */
export function object(description: string, members: Readonly<Record<string, Schema | Optional>>): Schema {
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const [name, member] of Object.entries(members)) {
    if ('optional' in member) properties[name] = member.optional;
    else {
      properties[name] = member;
      required.push(name);
    }
  }
  return { type: 'object', description, properties, required, additionalProperties: false };
}

/** An object whose member names are data. */
export function record(description: string, values: Schema): Schema {
  return { type: 'object', description, additionalProperties: values };
}

export function arrayOf(description: string, items: Schema): Schema {
  return { type: 'array', description, items };
}

export function string(description: string): Schema {
  return { type: 'string', description };
}

export function oneOf(description: string, values: readonly string[]): Schema {
  return { type: 'string', description, enum: values };
}

/** A 64-bit value: `0x` and 16 digits. */
export function hexString(description: string): Schema {
  return { type: 'string', description, pattern: '^0x[0-9a-f]{16}$' };
}

export function integer(description: string): Schema {
  return { type: 'integer', description };
}

export function number(description: string): Schema {
  return { type: 'number', description };
}

export function boolean(description: string): Schema {
  return { type: 'boolean', description };
}

/** The same, replaced in a report that is to be sent. */
export function secret(kind: SecretKind, schema: Schema): Schema {
  return { ...schema, secret: kind };
}

/** The same, or null where it is not known. */
export function nullable(schema: Schema): Schema {
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
  return { ...schema, type: [...types, 'null'] };
}
