//! Addresses of mail, written (`a@b.com`) and said ("a at b dot com").

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::Topic;
use super::line::Line;
use super::units::What;

/// So many words may stand among the letters of a part of one, and so many alone.
const MOST_WORDS: usize = 4;
const MOST_ALONE: usize = 2;
/// Most units of what stands before the at sign, and of a part of what stands behind it.
const MOST: usize = 14;
const MOST_IN_DOMAIN: usize = 6;

impl Line<'_> {
    pub(super) fn find_email(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            match self.email_at(at) {
                Some(units) => {
                    at = self.tokens_of(&units).end;
                    self.take(SecretKind::Email, units);
                }
                None => at += 1,
            }
        }
        self.find_begun_email();
        if self.before.goes_on {
            self.hold_email();
        }
    }

    /// The address whose at sign is at a token.
    fn email_at(&self, at: usize) -> Option<Range<usize>> {
        let lists = &self.lexicon.redaction;
        let written = self.between(at).trim() == "@";
        let behind = match written {
            true => at,
            false => lists.at_sign.longest_at(&self.tokens, at)?,
        };
        let end = self
            .domain(behind)
            .or_else(|| self.cut_domain(at, behind))?;
        let start = self.local_part(at);
        let asked = self.expects(SecretKind::Email).is_some();
        let start = if start == at && asked && !written {
            at
        } else if start == at {
            return None;
        } else {
            start
        };
        Some(self.unit_at(start)..self.unit_at(end - 1) + 1)
    }

    /// Where a domain ends that somebody takes back before its dot, if an address was announced and
    /// has marks or spelt letters in it: "at gmial sorry".
    fn cut_domain(&self, at: usize, behind: usize) -> Option<usize> {
        let corrections = &self.lexicon.redaction.corrections;
        let taken_back = corrections.longest_at(&self.tokens, behind + 1).is_some();
        let marked = (self.local_part(at)..at).any(|token| self.is_mark(token));
        (taken_back && marked && self.is_email_here(at)).then_some(behind + 1)
    }

    /// Where the domain ends that begins at a token: "gmail dot com".
    fn domain(&self, from: usize) -> Option<usize> {
        let mut at = from;
        let mut dots = 0;
        let mut length = 0;
        while at < self.tokens.len() {
            if at > from && self.is_written_dot(at) {
                let dot = self.between(at) == ".";
                dots += usize::from(dot);
                length = if dot { 0 } else { length };
            } else if let Some(end) = self.lexicon.redaction.dot.longest_at(&self.tokens, at) {
                if length == 0 {
                    return None;
                }
                dots += 1;
                length = 0;
                at = end;
                continue;
            } else if length > 0 && dots > 0 && !self.is_mark(at) && !self.is_spelt_on(at) {
                break;
            }
            let ends_clause = at > from && self.is_parted(at) && length > 0;
            let joined = at > from && (self.is_mark(at - 1) || self.is_written_dot(at));
            // "Sage mail dot com".
            let label = self
                .lexicon
                .redaction
                .dot
                .longest_at(&self.tokens, at + 1)
                .is_some();
            let stops = self.is_no_mail(at) && !joined && !label && !self.gives(SecretKind::Email);
            if ends_clause || length >= MOST_IN_DOMAIN || stops {
                break;
            }
            length += 1;
            at += 1;
        }
        // "At 6 a.m." has no domain.
        let last = at
            .checked_sub(1)
            .map_or("", |last| self.tokens[last].text.as_str());
        let said = at
            .checked_sub(1)
            .is_none_or(|last| !self.is_written_dot(last));
        let whole = said || length > 1 || last.len() > 1;
        (dots > 0 && length > 0 && dots <= 4 && whole).then_some(at)
    }

    /// Whether letters that are spelt go on at a token: "dot z a".
    fn is_spelt_on(&self, token: usize) -> bool {
        let letter = |token: usize| {
            let text = self.tokens[token].text.as_bytes();
            text.len() == 1 && text[0].is_ascii_alphabetic()
        };
        token > 0 && letter(token) && letter(token - 1) && !self.tokens[token].opens()
    }

    /// Where what stands before the at sign begins.
    fn local_part(&self, at: usize) -> usize {
        let mut start = at;
        let least = at.saturating_sub(MOST);
        let mut joined = true;
        while start > least {
            let before = start - 1;
            let last_of_clause = start < at && self.is_parted(start);
            let written = start < at && self.is_written_dot(start);
            let unit = &self.units[self.unit_at(before)];
            let plain = unit.code().is_none() && !self.is_mark(before) && self.is_no_mail(before);
            if last_of_clause || plain && !written || !joined {
                break;
            }
            let spelt = unit.code().is_some() || matches!(unit.what, What::Amount(_));
            let mark = self.is_mark(before) || self.is_written_dot(start);
            let fills = self.tokens[before].is_han() && self.fills_letters(before);
            if !spelt && !mark && self.tokens[before].is_han() && !fills {
                break;
            }
            start = match unit.code() {
                Some(_) => unit.tokens.start.min(before),
                None => before,
            };
            // A word is one part of it; what stands before that is another one if it is joined to it.
            let prior = start.checked_sub(1);
            let prior_joins = prior.is_some_and(|prior| {
                self.is_mark(prior)
                    || self.units[self.unit_at(prior)].code().is_some()
                    || self.is_written_dot(start)
            });
            joined = spelt || mark || fills || prior_joins || self.is_email_here(at);
        }
        while start < at && (self.is_mark(start) || self.fills_letters(start)) {
            start += 1;
        }
        start
    }

    /// Whether a Chinese character only fills between letters and digits: 然后.
    fn fills_letters(&self, token: usize) -> bool {
        let joining = &self.lexicon.redaction.joining;
        self.tokens[token].is_han() && joining.have(&self.tokens[token].text)
    }

    /// Whether an address of mail is announced or asked for at a token.
    fn is_email_here(&self, token: usize) -> bool {
        let about = self.about(self.unit_at(token)).map(|about| about.topic);
        let email = Topic::Secret(SecretKind::Email);
        let cue = self.cues.iter().rev().find(|cue| cue.tokens.end <= token);
        about == Some(email)
            || cue.map_or_else(
                || self.expects(SecretKind::Email).is_some(),
                |cue| cue.topic == email,
            )
    }

    /// Whether the token before and this one are joined by a dot, an underscore or a hyphen as one
    /// writes it.
    fn is_written_dot(&self, token: usize) -> bool {
        matches!(self.between(token), "." | "_" | "-" | "+" | "@")
    }

    /// Whether a mark that ends a clause stands before a token.
    fn is_parted(&self, token: usize) -> bool {
        self.tokens[token].opens()
            && !self.is_written_dot(token)
            && !self.between(token).trim().is_empty()
    }

    fn is_mark(&self, token: usize) -> bool {
        let marks = &self.lexicon.redaction.mail_marks;
        (token.saturating_sub(2)..=token).any(|from| {
            marks
                .longest_at(&self.tokens, from)
                .is_some_and(|end| end > token)
        })
    }

    fn is_no_mail(&self, token: usize) -> bool {
        self.lexicon
            .redaction
            .no_mail
            .have(&self.tokens[token].text)
    }

    /// The first part of an address that was asked for and goes on later: "k l e i n".
    fn find_begun_email(&mut self) {
        if self.expects(SecretKind::Email).is_none()
            || self.hits.iter().any(|hit| hit.kind == SecretKind::Email)
        {
            return;
        }
        let last = self.tokens.len().checked_sub(1);
        let at_sign = last.filter(|last| {
            self.lexicon
                .redaction
                .at_sign
                .longest_at(&self.tokens, *last)
                .is_some()
        });
        let begun = at_sign
            .map(|at| self.local_part(at)..at)
            .filter(|begun| !begun.is_empty());
        let goes_on = self.domain(self.first).map(|end| self.first..end);
        if let Some(tokens) = begun.or(goes_on) {
            let units = self.unit_at(tokens.start)..self.unit_at(tokens.end - 1) + 1;
            self.take(SecretKind::Email, units);
            return;
        }
        if let Some(tokens) = self.part_of_email() {
            let units = self.unit_at(tokens.start)..self.unit_at(tokens.end - 1) + 1;
            self.take(SecretKind::Email, units);
            return;
        }
        // Whoever asked may spell it back.
        let chains = self.chains();
        let runs = chains.into_iter().flat_map(|chain| chain.parts);
        let several = self
            .before
            .expected
            .is_some_and(|expected| !expected.also.is_empty());
        let runs: Vec<Range<usize>> = runs
            .filter(|run| {
                let code = self.code(run.clone());
                let digits = code.bytes().any(|byte| byte.is_ascii_digit());
                code.len() >= 3 && !(several && digits)
            })
            .collect();
        if self.is_answer() {
            for run in runs {
                self.take(SecretKind::Email, run);
            }
        }
    }

    /// What is said of an address that was asked for and is given piece by piece: letters, marks, a
    /// word or two, and nothing else.
    fn part_of_email(&self) -> Option<Range<usize>> {
        if !self.gives(SecretKind::Email) {
            return None;
        }
        let lists = &self.lexicon.redaction;
        let from = self.words_expected(SecretKind::Email)?;
        let mut end = self.tokens.len();
        while end > from
            && let Some(start) = (from..end).find(|start| {
                lists.answering.longest_at(&self.tokens[..end], *start) == Some(end)
                    || lists.about_letters.longest_at(&self.tokens[..end], *start) == Some(end)
            })
        {
            end = start;
        }
        let mut words = 0;
        let mut marks = false;
        let mut at = from;
        while at < end {
            let unit = &self.units[self.unit_at(at)];
            let token = &self.tokens[at];
            if let Some(behind) = lists.about_letters.longest_at(&self.tokens, at) {
                at = behind.max(at + 1);
                continue;
            }
            let sign = lists.at_sign.longest_at(&self.tokens, at).is_some();
            // A single numeral may be a word: 周一.
            let code = unit
                .code()
                .is_some_and(|code| !token.is_han() || code.len() > 1);
            if code || self.is_mark(at) || sign || self.is_written_dot(at) {
                marks = true;
            } else if lists.no_answer.have(&token.text)
                || lists.determiners.have(&token.text)
                || self.cues.iter().any(|cue| cue.tokens.contains(&at))
            {
                return None;
            } else {
                words += 1;
            }
            at = unit.tokens.end.max(at + 1);
        }
        let most = match marks {
            true => MOST_WORDS,
            false if self.goes_on_with(SecretKind::Email) => MOST_ALONE,
            false => 0,
        };
        (end > from && words <= most).then_some(from..end)
    }

    /// Holds back what may become an address.
    fn hold_email(&mut self) {
        let mut from = self.words_expected(SecretKind::Email);
        if from.is_none() {
            // Spelt letters, or a word before "dot" or "at", at the end.
            let start = self.local_part(self.tokens.len());
            let tail = start..self.tokens.len();
            let marked = tail
                .clone()
                .any(|token| self.is_mark(token) || self.is_written_dot(token));
            let spelt = tail
                .clone()
                .filter(|token| self.units[self.unit_at(*token)].code().is_some());
            from = (marked || spelt.count() >= 2).then_some(start);
            let last = self.tokens.len().checked_sub(1);
            let at_sign = last.filter(|last| {
                self.lexicon
                    .redaction
                    .at_sign
                    .longest_at(&self.tokens, *last)
                    .is_some()
            });
            if let Some(at) = at_sign.filter(|at| self.local_part(*at) < *at) {
                from = Some(self.local_part(at));
            }
            // Behind the at sign, before its dot.
            let behind = (self.tokens.len().saturating_sub(8)..self.tokens.len()).find(|at| {
                self.lexicon
                    .redaction
                    .at_sign
                    .longest_at(&self.tokens, *at)
                    .is_some()
                    && {
                        let start = self.local_part(*at);
                        start + 1 < *at
                            || start < *at && self.units[self.unit_at(start)].code().is_some()
                    }
            });
            if let Some(at) = behind {
                from = Some(self.local_part(at));
            }
        }
        let from = from.filter(|from| *from < self.tokens.len());
        if let Some(from) = from {
            let units = self.unit_at(from)..self.units.len();
            self.held.push((SecretKind::Email, units));
        }
    }
}
