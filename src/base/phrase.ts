/** The languages in which a report is written. */
export type Language = 'en' | 'zh';

/** A sentence or name in every language, with the same facts in each. */
export type Phrase = Readonly<Record<Language, string>>;
