// What differs between two texts, line by line.

/** Cells that are compared at most; beyond that what lies between equal ends counts as changed as a whole. */
const MOST = 4_000_000;

/** Lines in their order: `{ kind: 'same' | 'gone' | 'new', text, before?, after? }`, with their numbers from 1. */
export function lineDiff(before, after) {
  const [was, is] = [before, after].map((text) => (text === '' ? [] : text.replace(/\n$/, '').split('\n')));
  let head = 0;
  while (head < was.length && head < is.length && was[head] === is[head]) head += 1;
  let tail = 0;
  while (tail < was.length - head && tail < is.length - head && was.at(-1 - tail) === is.at(-1 - tail)) tail += 1;
  const [a, b] = [was.slice(head, was.length - tail), is.slice(head, is.length - tail)];
  const kinds = [...Array(head).fill('same'), ...between(a, b), ...Array(tail).fill('same')];
  let [i, j] = [0, 0];
  return kinds.map((kind) => {
    if (kind === 'gone') return { kind, text: was[i], before: ++i };
    if (kind === 'new') return { kind, text: is[j], after: ++j };
    return { kind, text: was[i], before: ++i, after: ++j };
  });
}

/** The fewest lines that go and come, those that go first. */
function between(a, b) {
  if (a.length * b.length > MOST) return [...Array(a.length).fill('gone'), ...Array(b.length).fill('new')];
  // How many lines the rests have in common.
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j] ? common[(i + 1) * width + j + 1] + 1 : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  const kinds = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) { kinds.push('same'); i += 1; j += 1; }
    else if (j >= b.length || (i < a.length && common[(i + 1) * width + j] >= common[i * width + j + 1])) { kinds.push('gone'); i += 1; }
    else { kinds.push('new'); j += 1; }
  }
  return kinds;
}

/** The lines that differ, with so many equal ones around them; `null` stands for those left out. */
export function excerpt(lines, around = 3) {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - around), at + around + 1).some((line) => line.kind !== 'same'));
  const shown = [];
  lines.forEach((line, at) => {
    if (near[at]) shown.push(line);
    else if (shown.at(-1) !== null) shown.push(null);
  });
  return shown;
}
