/** What a thing is called when its name is taken away. */
export type AliasKind =
  | 'host'
  | 'user'
  | 'ip'
  | 'mac'
  | 'uuid'
  | 'serial'
  | 'path'
  | 'command'
  | 'value'
  | 'text'
  | 'url';

/** Names that stand for what was taken out: `host-1`, the same for the same thing. */
export class Aliases {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  of(kind: AliasKind, original: string): string {
    const key = `${kind}\0${original}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const name = `${kind}-${count}`;
    this.#names.set(key, name);
    return name;
  }

  /** An address that stands for another one: as many digits, and the same for the same. @param digits without `0x` */
  address(digits: string): string {
    const key = `address\0${digits}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const count = (this.#counts.get('address') ?? 0) + 1;
    this.#counts.set('address', count);
    const name = count
      .toString(16)
      .padStart(digits.length - 3, '0')
      .padStart(digits.length, 'add');
    this.#names.set(key, name);
    return name;
  }
}
