// The Markdown of articles, as a tree. What it does not know stays text: headings, lists, quotes, code, rules between
// parts, and in a line strong words, emphasis, code and links are known.

/** Only addresses of the web become links. */
const LINK = /^https?:\/\/[^\s]+$/i;
/** Lists and quotes within each other, at most. */
const DEEPEST = 6;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])\s+(.*)$/;

/** A text as blocks: `{ kind, level?, start?, items?, lines?, parts? }`. */
export function blocks(text, depth = 0) {
  if (depth > DEEPEST) return [{ kind: 'paragraph', parts: [text] }];
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const found = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    const fence = /^ {0,3}(```+|~~~+)/.exec(line);
    const heading = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line);
    if (!line.trim()) {
      at += 1;
    } else if (fence) {
      let end = at + 1;
      while (end < lines.length && !lines[end].trim().startsWith(fence[1])) end += 1;
      found.push({ kind: 'code', text: lines.slice(at + 1, end).join('\n') });
      at = end + 1;
    } else if (heading) {
      found.push({ kind: 'heading', level: heading[1].length, parts: inline(heading[2]) });
      at += 1;
    } else if (/^ {0,3}([-*_])( *\1){2,} *$/.test(line)) {
      found.push({ kind: 'rule' });
      at += 1;
    } else if (/^ {0,3}>/.test(line)) {
      let end = at;
      while (end < lines.length && /^ {0,3}>/.test(lines[end])) end += 1;
      found.push({ kind: 'quote', blocks: blocks(lines.slice(at, end).map((one) => one.replace(/^ {0,3}> ?/, '')).join('\n'), depth + 1) });
      at = end;
    } else if (ITEM.test(line)) {
      const [list, end] = listFrom(lines, at, depth);
      found.push(list);
      at = end;
    } else {
      let end = at + 1;
      while (end < lines.length && lines[end].trim() && !ITEM.test(lines[end]) && !/^ {0,3}(#{1,6}\s|>|```|~~~)/.test(lines[end])) end += 1;
      found.push({ kind: 'paragraph', parts: inline(lines.slice(at, end).map((one) => one.trim()).join('\n')) });
      at = end;
    }
  }
  return found;
}

/** A list that begins at a line, and where it ends. Lines that are set in belong to the item before them. */
function listFrom(lines, first, depth) {
  const [, , mark] = ITEM.exec(lines[first]);
  const ordered = /\d/.test(mark);
  const items = [];
  let at = first;
  while (at < lines.length) {
    const item = ITEM.exec(lines[at]);
    if (!item || /\d/.test(item[2]) !== ordered) break;
    const own = [item[3]];
    at += 1;
    for (; at < lines.length; at += 1) {
      const next = lines[at];
      if (/^\s{2,}\S/.test(next)) own.push(next.replace(/^\s{2,4}/, ''));
      else if (!next.trim() && /^\s{2,}\S/.test(lines[at + 1] ?? '')) own.push('');
      else if (next.trim() && !ITEM.test(next) && !/^ {0,3}(#{1,6}\s|>|```|~~~)/.test(next) && lines[at - 1].trim()) own.push(next.trim());
      else break;
    }
    items.push(blocks(own.join('\n'), depth + 1));
    // An empty line between two items does not end a list.
    if (!lines[at]?.trim() && ITEM.test(lines[at + 1] ?? '') && /\d/.test(ITEM.exec(lines[at + 1])[2]) === ordered) at += 1;
  }
  return [{ kind: 'list', ordered, start: ordered ? Number.parseInt(mark, 10) : undefined, items }, at];
}

/** A line as parts: text, or `{ kind: 'strong' | 'emphasis' | 'code' | 'link', … }`. */
export function inline(text) {
  const parts = [];
  let plain = '';
  const put = (part) => {
    if (plain) parts.push(plain);
    plain = '';
    parts.push(part);
  };
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const code = /^(`+)(.+?)\1(?!`)/s.exec(rest);
    const strong = /^\*\*(?=\S)(.+?)(?<=\S)\*\*/s.exec(rest) ?? (opens(text, at) && /^__(?=\S)(.+?)(?<=\S)__(?!\w)/s.exec(rest));
    const emphasis = /^\*(?=[^\s*])(.+?)(?<=[^\s*])\*(?!\*)/s.exec(rest) ?? (opens(text, at) && /^_(?=[^\s_])(.+?)(?<=[^\s_])_(?!\w)/s.exec(rest));
    const link = /^\[([^\][]+)\]\(([^()\s]+)\)/.exec(rest);
    const [whole] = code || strong || emphasis || link || [''];
    if (/^\\[\\`*_[\]()#>+.!-]/.test(rest)) {
      plain += rest[1];
      at += 2;
      continue;
    }
    if (code) put({ kind: 'code', text: code[2].trim() });
    else if (strong) put({ kind: 'strong', parts: inline(strong[1]) });
    else if (emphasis) put({ kind: 'emphasis', parts: inline(emphasis[1]) });
    else if (link && LINK.test(link[2])) put({ kind: 'link', to: link[2], parts: inline(link[1]) });
    else {
      plain += rest[0];
      at += 1;
      continue;
    }
    at += whole.length;
  }
  if (plain) parts.push(plain);
  return parts;
}

/** Within a word `_` is a letter. */
const opens = (text, at) => at === 0 || !/\w/.test(text[at - 1]);
