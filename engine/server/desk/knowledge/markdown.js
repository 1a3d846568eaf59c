// Markdown as elements. Text only ever becomes text.

import { h } from '../shell/dom.js';
import { blocks } from '../state/markdown.js';

/** The elements of a text. Its headings stand below one of `level`. */
export const markdown = (text, level = 3) => blocks(text).map((block) => drawBlock(block, level));

function drawBlock(block, level) {
  switch (block.kind) {
    case 'heading': return h(`h${Math.min(6, level + block.level)}`, {}, parts(block.parts));
    case 'list': return h(block.ordered ? 'ol' : 'ul', { start: block.start !== 1 && block.start },
      block.items.map((item) => h('li', {}, item.length === 1 && item[0].kind === 'paragraph' ? parts(item[0].parts) : item.map((one) => drawBlock(one, level)))));
    case 'quote': return h('div', { class: 'quoted' }, block.blocks.map((one) => drawBlock(one, level)));
    case 'code': return h('pre', { tabindex: '0' }, h('code', {}, block.text));
    case 'rule': return h('hr');
    default: return h('p', {}, parts(block.parts));
  }
}

const parts = (list) => list.map((part) => {
  if (typeof part === 'string') return part;
  if (part.kind === 'code') return h('code', {}, part.text);
  if (part.kind === 'link') return h('a', { href: part.to, target: '_blank', rel: 'noopener noreferrer' }, parts(part.parts));
  return h(part.kind === 'strong' ? 'strong' : 'em', {}, parts(part.parts));
});
