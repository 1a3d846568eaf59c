//! Whether elements are as a schema says, for those who have to be told.

use super::{ValueError, boolean, is_integer, listed, real};
use crate::schema::{Kind, Of, Schema, Simple, Type, XSI};
use crate::xml::Element;

impl Schema {
    /// Checks that an element has what `of` says and nothing else.
    ///
    /// # Errors
    ///
    /// The first thing that is not so, in the order of the document.
    pub fn check(&self, element: &Element, of: &Of) -> Result<(), ValueError> {
        self.check_within(element, of, &mut Vec::new())
    }

    fn check_within<'e>(
        &self,
        element: &'e Element,
        of: &Of,
        path: &mut Vec<&'e str>,
    ) -> Result<(), ValueError> {
        match self.find(of).as_deref() {
            None => Ok(()),
            Some(Type::Untaken(why)) => Err(ValueError::new(path, why.clone())),
            Some(Type::Simple(simple)) => match element.children.first() {
                Some(child) => {
                    let what = format!("has `{}` in it, and may have text alone", child.name.local);
                    Err(ValueError::new(path, what))
                }
                None => text(&element.text, simple).map_err(|why| ValueError::new(path, why)),
            },
            Some(Type::Complex(complex)) => {
                let whole = self.whole(complex);
                let whole = whole.map_err(|why| ValueError::new(path, why))?;
                let known = || listed(whole.fields.iter().map(|field| &*field.name.local));
                if whole.text.is_none() && !element.text.trim().is_empty() {
                    let what = format!("has text in it, and may have {}", known());
                    return Err(ValueError::new(path, what));
                }
                let mut seen = vec![0_usize; whole.fields.len()];
                for child in &element.children {
                    path.push(&child.name.local);
                    let mut fields = whole.fields.iter();
                    let Some(at) = fields.position(|field| field.name == child.name) else {
                        if whole.any {
                            path.pop();
                            continue;
                        }
                        let mut fields = whole.fields.iter();
                        let same = fields.find(|field| field.name.local == child.name.local);
                        let why = match same {
                            Some(field) => format!(
                                "is of the namespace `{}`, and has to be of `{}`",
                                child.name.space, field.name.space
                            ),
                            None => {
                                format!("has no place there: what may stand there is {}", known())
                            }
                        };
                        return Err(ValueError::new(path, why));
                    };
                    seen[at] += 1;
                    let field = whole.fields[at];
                    if seen[at] > 1 && !field.many {
                        return Err(ValueError::new(
                            path,
                            "is there twice, and may be there once",
                        ));
                    }
                    let is_nil = child.attribute_of(XSI, "nil").and_then(boolean) == Some(true);
                    if !is_nil {
                        self.check_within(child, &field.of, path)?;
                    } else if field.required && !field.nillable {
                        return Err(ValueError::new(path, "is nil, and has to have a value"));
                    }
                    path.pop();
                }
                let there = seen.iter().filter(|times| **times > 0).count();
                if whole.choice && there != 1 {
                    return Err(ValueError::new(
                        path,
                        format!("has to have one of {}", known()),
                    ));
                }
                let missing = whole
                    .fields
                    .iter()
                    .zip(&seen)
                    .find(|(field, times)| field.required && **times == 0);
                match missing {
                    Some((field, _)) => {
                        let path: Vec<&str> =
                            path.iter().copied().chain([&*field.name.local]).collect();
                        Err(ValueError::new(&path, "is missing"))
                    }
                    None => Ok(()),
                }
            }
        }
    }
}

fn text(text: &str, simple: &Simple) -> Result<(), String> {
    let trimmed = text.trim();
    match simple.kind {
        Kind::Boolean if boolean(trimmed).is_none() => {
            return Err("is neither `true` nor `false`".to_owned());
        }
        Kind::Real if real(trimmed).is_none() => return Err("is no number".to_owned()),
        Kind::Integer if !is_integer(trimmed) => return Err("is no whole number".to_owned()),
        Kind::Other if trimmed.is_empty() => return Err("is empty".to_owned()),
        _ => {}
    }
    match simple.allowed.is_empty() || simple.allowed.iter().any(|one| one == trimmed) {
        true => Ok(()),
        false => {
            let allowed = listed(simple.allowed.iter().map(String::as_str));
            Err(format!("is none of {allowed}"))
        }
    }
}
