// How much of everything a page keeps: it stays open all day.

/** How much is kept. The oldest goes first. */
export const LIMITS = { live: 1000, ended: 30, items: 600, cards: 30, alerts: 60, messages: 40, points: 240, waiting: 2000 };
