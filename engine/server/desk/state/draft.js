// What somebody makes of a file before it is published.

/** A file as it was read: nothing is changed. */
export const read = (file) => ({ kind: file.kind, name: file.name, base: file.text, digest: file.digest, text: file.text, isOwn: file.is_own, isNew: false,
  problems: file.problems ?? [], article: file.article ?? null, checked: file.text });

/** A file that is not there yet. */
export const fresh = (kind, name, text) => ({ kind, name, base: '', digest: null, text, isOwn: true, isNew: true, problems: [], article: null, checked: null });

/** Somebody has typed. */
export const typed = (draft, text) => ({ ...draft, text });

/** The engine has looked at a text; what it says of one that is gone does not count. */
export const checked = (draft, text, { problems, article }) => (draft.text === text ? { ...draft, problems, article, checked: text } : draft);

/** That text of it is published; what was typed meanwhile is not. */
export const published = (draft, text, { digest, problems }) => ({ ...draft, base: text, digest, isNew: false, ...(draft.text === text && { problems, checked: text }) });

/** Somebody else was quicker: what they have written is what is changed now. */
export const overtaken = (draft, text, digest) => ({ ...draft, base: text ?? '', digest: digest ?? null, isNew: text === null || text === undefined });

/** Whether something would be lost with it. */
export const isChanged = (draft) => draft.isOwn && (draft.isNew ? draft.text.trim() !== '' : draft.text !== draft.base);

/** Whether it can be published: it is changed, and what it says now was looked at and has no error. */
export const isReady = (draft) => isChanged(draft) && draft.checked === draft.text && !draft.problems.some((one) => one.is_error);

/** Where a line begins in a text, and where it ends, in characters as fields count them. */
export function lineAt(text, line) {
  const lines = text.split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  return [start, start + (lines[line - 1] ?? '').length];
}

/** What a new article or file of rules begins with. */
export const started = {
  articles: '+++\nid = ""\nlang = "en"\ntitle = ""\ntriggers = [\n  "",\n]\nsay = ""\n+++\n1. \n',
  rules: 'lang = "en"\n\n[[rule]]\nname = ""\naction = "warn"\nmessage = ""\nrole = "customer"\nany = [\n  "",\n]\n',
};

/** A text of rules with an entry behind it that turns a built-in one off. */
export const withOff = (text, rule) => `${text.trim() ? `${text.trimEnd()}\n\n` : ''}[[rule]]\nname = ${JSON.stringify(rule)}\noff = true\n`;
