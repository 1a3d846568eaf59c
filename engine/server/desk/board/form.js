// The form in which a threshold is written.

import { GROUPS } from './groups.js';
import { h } from '../shell/dom.js';
import { t } from '../shell/i18n.js';
import { fromShown, newId, toShown, unitOf } from '../state/board.js';

const MEASURES = ['value', 'change_per_minute', 'change_per_hour', 'percent_of_usual'];
const dialog = document.getElementById('threshold');

/** Prepares it. */
export function form() {
  // A click beside it closes it, as its button does.
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
}

/** Opens it for a threshold, or for a new one. `save(threshold)` gives what went wrong, or `''`. */
export function open(one, board, save) {
  const unitNow = () => board.figures.find(({ figure }) => figure === fields.figure.value)?.unit ?? 'count';
  const field = (key, node, ...more) => h('label', {}, h('span', {}, t(key)), node, ...more);
  const select = (name, values, words, chosen) => {
    const node = h('select', { name }, values.map((value) => h('option', { value }, words(value))));
    node.value = chosen;
    return node;
  };
  const number = (name, value, rest = {}) => h('input', { name, type: 'number', step: 'any', value: value ?? '', ...rest });
  const was = one ?? { figure: 'calls_refused', measure: 'value', side: 'above', name: '', for_s: 60, back_for_s: 60 };
  const unitOfOld = board.figures.find(({ figure }) => figure === was.figure)?.unit ?? 'count';
  const shown = (value) => (value === undefined || value === null ? '' : toShown(value, unitOfOld, was.measure));
  const unit = h('span', { class: 'quiet unit' });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const figures = h('select', { name: 'figure' }, GROUPS.map((group) => h('optgroup', { label: t(group.name) },
    group.figures.map((figure) => h('option', { value: figure }, t(`figure_${figure}`))))));
  figures.value = was.figure;
  const node = h('form', { class: 'threshold-form', novalidate: true },
    h('h2', { id: 'threshold-title' }, t(one ? 'threshold_edit' : 'threshold_add')),
    field('threshold_name', h('input', { name: 'name', maxlength: 80, value: was.name, autocomplete: 'off' })),
    field('threshold_figure', figures),
    h('div', { class: 'pair' },
      field('threshold_measure', select('measure', MEASURES, (value) => t(`measure_${value}`), was.measure)),
      field('threshold_side', select('side', ['above', 'below'], (value) => t(`is_${value}`), was.side))),
    h('div', { class: 'pair' },
      field('threshold_limit', number('limit', shown(was.limit), { required: true }), unit),
      field('threshold_for_s', number('for_s', was.for_s, { min: 0, step: 1 }))),
    h('div', { class: 'pair' },
      field('threshold_back', number('back', shown(was.back))),
      field('threshold_back_for_s', number('back_for_s', was.back_for_s, { min: 0, step: 1 }))),
    h('p', { class: 'quiet' }, t('threshold_hint')),
    problem,
    h('div', { class: 'acts' }, h('button', { class: 'button strong', name: 'save' }, t('save')),
      h('button', { type: 'button', class: 'button', onclick: () => dialog.close() }, t('cancel'))));
  const fields = node.elements;
  const tellUnit = () => { unit.textContent = t(`in_${unitOf(unitNow(), fields.measure.value)}`); };
  node.addEventListener('change', tellUnit);
  tellUnit();
  node.addEventListener('submit', async (event) => {
    event.preventDefault();
    const limit = fields.limit.valueAsNumber;
    if (!Number.isFinite(limit)) {
      problem.textContent = t('threshold_no_limit');
      fields.limit.focus();
      return;
    }
    const whole = (name) => Math.max(0, Math.round(fields[name].valueAsNumber || 0));
    const value = (given) => fromShown(given, unitNow(), fields.measure.value);
    const back = fields.back.valueAsNumber;
    const figure = fields.figure.value;
    const set = { id: one?.id ?? newId(figure, board.thresholds), name: fields.name.value.trim(), figure, measure: fields.measure.value, side: fields.side.value,
      limit: value(limit), for_s: whole('for_s'), back_for_s: whole('back_for_s'), ...(Number.isFinite(back) && { back: value(back) }) };
    problem.textContent = await save(set);
    if (!problem.textContent) dialog.close();
  });
  dialog.replaceChildren(node);
  dialog.showModal();
}
