// What is known of a customer beside the fixed fields, as lines of `name: value`.

/** Preferences as lines. */
export const toLines = (preferences) => Object.entries(preferences).map(([name, value]) => `${name}: ${value}`);

/** Lines as preferences; a line without a colon is one that is set. */
export function fromLines(text) {
  const all = {};
  for (const line of text.split('\n').map((one) => one.trim()).filter(Boolean)) {
    const at = line.search(/[:：]/);
    if (at < 0) all[line] = 'yes';
    else if (line.slice(at + 1).trim()) all[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return all;
}
