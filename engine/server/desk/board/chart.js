// Charts of the board, by uPlot: small ones as they stand in a row, and one with axes.

import uPlot from '../vendor/uplot/uPlot.esm.js';

const SMALL = 48;
const LARGE = 220;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

/** Room above what there is, and the zero line below it. */
const range = (_, low, high) => {
  const top = Math.max(high ?? 0, 0);
  return [Math.min(low ?? 0, 0), top > 0 ? top * 1.1 : 1];
};

function options(width, large, write, span) {
  const axis = { stroke: () => colour('--soft'), grid: { stroke: () => colour('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  return {
    width, height: large ? LARGE : SMALL, legend: { show: false }, cursor: { show: large, y: false, drag: { x: false, y: false } },
    padding: large ? [8, 8, 0, 0] : [4, 2, 2, 2],
    scales: { x: { time: true, range: span }, y: { range } },
    axes: [{ ...axis, show: large, incrs: [60, 300, 600, 900, 1800, 3600], values: (_, at) => at.map(write.time) }, { ...axis, show: large, size: 64, values: (_, all) => all.map(write.value) }],
    series: [{}, { stroke: () => colour('--accent'), fill: () => colour('--accent-wash'), width: 1.5, spanGaps: true, points: { show: false } },
      { stroke: () => colour('--warning'), width: 1, dash: [4, 4], points: { show: false } }],
  };
}

/** A chart in `place`, which it fills. `write` turns times and values into words. */
export class Chart {
  #chart = null;
  #data = [[], [], []];
  #seconds = 3600;

  constructor(place, write) {
    Object.assign(this, { place, write, large: false });
    this.watch = new ResizeObserver(() => this.#fit());
    this.watch.observe(place);
  }

  /** Shows samples of the last `seconds`, and where a limit lies, if there is one. */
  show([times, values], seconds, limit) {
    this.#seconds = seconds;
    this.#data = [times, values, times.map(() => limit ?? null)];
    if (this.#chart) this.#chart.setData(this.#data);
    else this.#draw();
  }

  /** Draws anew: larger or smaller, or in other colours. */
  again(large = this.large) {
    this.large = large;
    this.#chart?.destroy();
    this.#chart = null;
    this.#draw();
  }

  /** Lets go of its place. */
  end() {
    this.watch.disconnect();
    this.#chart?.destroy();
  }

  #draw() {
    const width = this.place.clientWidth;
    // A time of which nothing is known is empty.
    const span = () => [(this.#data[0].at(-1) ?? 0) - this.#seconds, this.#data[0].at(-1) ?? 0];
    if (width > 0) this.#chart = new uPlot(options(width, this.large, this.write, span), this.#data, this.place);
  }

  #fit() {
    const width = this.place.clientWidth;
    if (!this.#chart) this.#draw();
    else if (width > 0 && width !== this.#chart.width) this.#chart.setSize({ width, height: this.#chart.height });
  }
}
