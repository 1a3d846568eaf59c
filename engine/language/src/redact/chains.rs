//! Digits that belong together, across pauses and corrections.

use std::ops::Range;

use super::line::Line;
use super::units::{Unit, What};

/// So many hesitations may stand between two digits of a number.
const JOINTS: usize = 4;
/// So many words may stand between two parts of one: "no sorry, let me start again".
const BETWEEN: usize = 8;

/// Parts of a number, between which there are words that take back or fill.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// The units of each part. Each begins and ends with digits or letters.
    pub parts: Vec<Range<usize>>,
    /// Whether one of them was taken back.
    pub corrected: bool,
}

impl Line<'_> {
    /// The chains of what has not been taken yet.
    pub(super) fn chains(&self) -> Vec<Chain> {
        let mut chains: Vec<Chain> = Vec::new();
        for run in self.runs() {
            if let Some(last) = chains.last_mut() {
                let end = last.parts.last().map_or(0, |part| part.end);
                let between = self.units[end - 1].tokens.end..self.units[run.start].tokens.start;
                let taken = (end..run.start).any(|unit| self.is_taken(unit));
                if !taken && between.len() <= BETWEEN && self.is_filled(between.clone()) {
                    let corrections = &self.lexicon.redaction.corrections;
                    last.corrected |= corrections.are_in(&self.tokens[between]);
                    last.parts.push(run);
                    continue;
                }
            }
            chains.push(Chain {
                parts: vec![run],
                corrected: false,
            });
        }
        chains
    }

    /// Whether a token is part of the name of something: letters of "C V V".
    fn is_name(&self, token: usize) -> bool {
        self.cues.iter().any(|cue| cue.tokens.contains(&token))
    }

    /// The tokens that tell which part of a number follows: 后四位.
    pub(super) fn positions(&self) -> Vec<Range<usize>> {
        let positions = &self.lexicon.redaction.positions;
        let at = 0..self.tokens.len();
        at.filter_map(|at| Some(at..positions.longest_at(&self.tokens, at)?))
            .collect()
    }

    /// Whether behind a comma numerals of another script begin: "583017，一条".
    fn changes_script(&self, unit: usize, next: usize) -> bool {
        let token = |unit: usize| &self.tokens[self.units[unit].tokens.start];
        token(next).opens()
            && token(unit).is_han() != token(next).is_han()
            && self.units[unit].is_digits()
            && self.units[next].is_digits()
    }

    /// Digits and letters with nothing but hesitation between them.
    fn runs(&self) -> Vec<Range<usize>> {
        let positions = self.positions();
        let is_position = |token: usize| positions.iter().any(|range| range.contains(&token));
        let is_code = |at: usize| {
            let unit = self.units.get(at).filter(|unit| unit.code().is_some());
            let alone = |at: usize| {
                let digits = |at: usize| self.units.get(at).is_some_and(Unit::is_digits);
                !digits(at + 1) && !at.checked_sub(1).is_some_and(digits)
            };
            // "The three on the back" names it.
            let counts = |unit: &Unit| unit.code().is_some_and(|code| code.len() == 1) && alone(at);
            unit.is_some_and(|unit| {
                unit.is_digits() && !counts(unit) || !self.is_name(unit.tokens.start)
            }) && !self.is_taken(at)
                && !unit.is_some_and(|unit| is_position(unit.tokens.start))
        };
        let mut runs = Vec::new();
        let mut at = 0;
        while at < self.units.len() {
            if !is_code(at) {
                at += 1;
                continue;
            }
            let mut end = at + 1;
            loop {
                let joints = self.units[end..]
                    .iter()
                    .take_while(|unit| unit.what == What::Joint);
                let next = end + joints.take(JOINTS).count();
                if !is_code(next) || self.changes_script(end - 1, next) {
                    break;
                }
                end = next + 1;
            }
            runs.push(at..end);
            at = end;
        }
        runs
    }
}
