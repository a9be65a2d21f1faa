import { printable } from '../../base/text.ts';

/** Text that is HTML already. Only `html` and `trusted` make it, so that nothing from a dump can become markup. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: text is escaped, markup is taken as it is, what is absent leaves nothing. */
export type Content = string | number | Markup | readonly Content[] | undefined | false;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The one place where text becomes HTML, between tags or in a quoted attribute. */
function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (c) => ENTITIES[c] as string);
}

/** HTML from a template whose values are escaped; attributes must be in double quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let text = parts[0] as string;
  values.forEach((value, i) => {
    text += contentText(value) + (parts[i + 1] as string);
  });
  return new Markup(text);
}

/** Text of this program's own, such as its style sheet. Never give it anything from a dump. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function contentText(value: Content): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  if (value instanceof Markup) return value.text;
  return value.map(contentText).join('');
}
