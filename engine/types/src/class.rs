//! How much a field tells about people, and who is shown it.
//!
//! Each type that leaves the engine says the class of each of its fields right where it is
//! declared, by [`classes!`](crate::classes). A field that is forgotten there does not compile.
//! [`Classed::mask`] is the one place that hides what a reader is not cleared for.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How much a field tells about people.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Ids, times, states, counts, names of rules and articles: whoever may see the call sees it.
    Basic,
    /// Who people are and how they are reached.
    Personal,
    /// What was said, what was made of it, and how voices sound.
    Sensitive,
    /// Keys that were pressed, and whatever else opens accounts.
    Secret,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Basic, Self::Personal, Self::Sensitive, Self::Secret];

    /// Its name in files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Personal => "personal",
            Self::Sensitive => "sensitive",
            Self::Secret => "secret",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No class is called this.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is no class of fields: basic, personal, sensitive or secret")]
pub struct UnknownClass(pub String);

impl FromStr for Class {
    type Err = UnknownClass;

    fn from_str(text: &str) -> Result<Self, UnknownClass> {
        let known = Self::ALL.into_iter().find(|class| class.as_str() == text);
        known.ok_or_else(|| UnknownClass(text.to_owned()))
    }
}

/// The classes that somebody is shown. [`Class::Basic`] is always among them.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Clearance(u8);

impl Clearance {
    /// Basic fields alone.
    pub const BASIC: Self = Self(0);
    /// Everything.
    pub const ALL: Self = Self(0b111);
    /// How many there are.
    pub const COUNT: usize = 8;

    /// The same with one class more.
    #[must_use]
    pub const fn and(self, class: Class) -> Self {
        Self(self.0 | Self::bit(class))
    }

    /// Whoever has both is shown what either shows.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether fields of that class are shown.
    pub const fn sees(self, class: Class) -> bool {
        self.0 & Self::bit(class) == Self::bit(class)
    }

    /// The classes that are hidden.
    pub fn hidden(self) -> impl Iterator<Item = Class> {
        Class::ALL
            .into_iter()
            .filter(move |class| !self.sees(*class))
    }

    /// Its number, below [`Self::COUNT`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    const fn bit(class: Class) -> u8 {
        match class {
            Class::Basic => 0,
            Class::Personal => 0b001,
            Class::Sensitive => 0b010,
            Class::Secret => 0b100,
        }
    }
}

impl FromIterator<Class> for Clearance {
    fn from_iter<I: IntoIterator<Item = Class>>(classes: I) -> Self {
        classes.into_iter().fold(Self::BASIC, Self::and)
    }
}

/// Has fields of several classes.
pub trait Classed {
    /// Empties the fields that `sees` does not show.
    fn mask(&mut self, sees: Clearance);

    /// Tells the path of each field, below `path`, with its class.
    fn fields(path: &str, told: &mut Vec<(String, Class)>);
}

/// What lies within another field is told by its own type.
impl<T: Classed> Classed for Vec<T> {
    fn mask(&mut self, sees: Clearance) {
        self.iter_mut().for_each(|one| one.mask(sees));
    }

    fn fields(path: &str, told: &mut Vec<(String, Class)>) {
        T::fields(&format!("{path}[]"), told);
    }
}

impl<T: Classed> Classed for Option<T> {
    fn mask(&mut self, sees: Clearance) {
        self.iter_mut().for_each(|one| one.mask(sees));
    }

    fn fields(path: &str, told: &mut Vec<(String, Class)>) {
        T::fields(path, told);
    }
}

/// What a hidden field is left with.
pub trait Blank {
    /// Empties it.
    fn blank(&mut self);
}

/// Empties a field that `sees` does not show.
pub fn mask_field<T: Blank>(field: &mut T, class: Class, sees: Clearance) {
    if !sees.sees(class) {
        field.blank();
    }
}

/// The fields of the type of a field, which nobody has to name.
pub fn fields_of<S, T: Classed>(path: &str, _: fn(&S) -> &T, told: &mut Vec<(String, Class)>) {
    T::fields(path, told);
}

/// `path` and the name of a field of it.
pub fn join(path: &str, field: &str) -> String {
    match path {
        "" => field.to_owned(),
        path => format!("{path}.{field}"),
    }
}

macro_rules! blank_by_default {
    ($($type:ty),+ $(,)?) => {
        $(impl Blank for $type {
            fn blank(&mut self) {
                *self = Self::default();
            }
        })+
    };
}

blank_by_default!(
    String,
    Arc<str>,
    crate::party::PhoneNumber,
    BTreeMap<String, String>,
);

impl<T> Blank for Vec<T> {
    fn blank(&mut self) {
        self.clear();
    }
}

impl<T> Blank for Option<T> {
    fn blank(&mut self) {
        *self = None;
    }
}

/// Says the class of each field of a type, below its declaration: `basic`, `personal`, `sensitive`
/// or `secret`; `within` for a field whose type says it of its own fields, `flat` for one whose
/// fields stand beside this type's own in JSON. A field that JSON calls otherwise is told as
/// `field as "name"`.
#[macro_export]
macro_rules! classes {
    ($type:ident { $($field:ident $(as $name:literal)?: $class:ident),+ $(,)? }) => {
        impl $crate::class::Classed for $type {
            fn mask(&mut self, sees: $crate::class::Clearance) {
                let (Self { $($field),+ }, _) = (self, sees);
                $($crate::classes!(@mask $class $field sees);)+
            }

            fn fields(path: &str, told: &mut Vec<(String, $crate::class::Class)>) {
                $($crate::classes!(@fields $class $type $field path told
                    [$($name,)? stringify!($field)]);)+
            }
        }
    };
    (@mask basic $field:ident $sees:ident) => { let _ = $field; };
    (@mask within $field:ident $sees:ident) => { $crate::class::Classed::mask($field, $sees); };
    (@mask flat $field:ident $sees:ident) => { $crate::class::Classed::mask($field, $sees); };
    (@mask personal $field:ident $sees:ident) => {
        $crate::class::mask_field($field, $crate::class::Class::Personal, $sees);
    };
    (@mask sensitive $field:ident $sees:ident) => {
        $crate::class::mask_field($field, $crate::class::Class::Sensitive, $sees);
    };
    (@mask secret $field:ident $sees:ident) => {
        $crate::class::mask_field($field, $crate::class::Class::Secret, $sees);
    };
    (@fields within $type:ident $field:ident $path:ident $told:ident [$name:expr $(, $_:expr)?]) => {
        $crate::class::fields_of(
            &$crate::class::join($path, $name),
            |it: &$type| &it.$field,
            $told,
        );
    };
    (@fields flat $type:ident $field:ident $path:ident $told:ident [$name:expr $(, $_:expr)?]) => {
        $crate::class::fields_of($path, |it: &$type| &it.$field, $told);
    };
    (@fields basic $($rest:tt)*) => { $crate::classes!(@told Basic $($rest)*); };
    (@fields personal $($rest:tt)*) => { $crate::classes!(@told Personal $($rest)*); };
    (@fields sensitive $($rest:tt)*) => { $crate::classes!(@told Sensitive $($rest)*); };
    (@fields secret $($rest:tt)*) => { $crate::classes!(@told Secret $($rest)*); };
    (@told $class:ident $type:ident $field:ident $path:ident $told:ident [$name:expr $(, $_:expr)?]) => {
        $told.push(($crate::class::join($path, $name), $crate::class::Class::$class));
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Inner {
        name: String,
        side: bool,
    }
    crate::classes!(Inner { name: personal, side as "role": basic });

    struct Outer {
        id: u64,
        said: String,
        one: Inner,
        others: Vec<Inner>,
        pin: Option<String>,
    }
    crate::classes!(Outer {
        id: basic,
        said: sensitive,
        one: flat,
        others: within,
        pin: secret
    });

    fn outer() -> Outer {
        let inner = || Inner {
            name: "Ann".to_owned(),
            side: true,
        };
        Outer {
            id: 7,
            said: "hello".to_owned(),
            one: inner(),
            others: vec![inner()],
            pin: Some("1234".to_owned()),
        }
    }

    #[test]
    fn a_reader_is_shown_the_classes_that_it_is_cleared_for_and_no_other() {
        for number in 0..Clearance::COUNT {
            let classes = Class::ALL.into_iter().enumerate();
            let cleared = classes.filter(|(n, _)| *n > 0 && number & (1 << (n - 1)) != 0);
            let sees: Clearance = cleared.map(|(_, class)| class).collect();
            assert_eq!(sees.index(), number);
            let mut masked = outer();
            masked.mask(sees);
            assert_eq!(masked.id, 7, "basic fields are always shown");
            assert!(masked.one.side && masked.others[0].side);
            assert_eq!(masked.said.is_empty(), !sees.sees(Class::Sensitive));
            assert_eq!(masked.one.name.is_empty(), !sees.sees(Class::Personal));
            assert_eq!(
                masked.others[0].name.is_empty(),
                !sees.sees(Class::Personal)
            );
            assert_eq!(masked.pin.is_none(), !sees.sees(Class::Secret));
            assert_eq!(sees.hidden().count(), 3 - number.count_ones() as usize);
        }
    }

    #[test]
    fn each_field_is_told_by_its_path_as_json_has_it() {
        let mut told = Vec::new();
        Outer::fields("", &mut told);
        let told: Vec<_> = told
            .iter()
            .map(|(path, class)| (path.as_str(), *class))
            .collect();
        assert_eq!(
            told,
            [
                ("id", Class::Basic),
                ("said", Class::Sensitive),
                ("name", Class::Personal),
                ("role", Class::Basic),
                ("others[].name", Class::Personal),
                ("others[].role", Class::Basic),
                ("pin", Class::Secret),
            ]
        );
    }

    #[test]
    fn the_name_of_a_class_reads_back() {
        for class in Class::ALL {
            assert_eq!(class.to_string().parse(), Ok(class));
        }
        let error = "private".parse::<Class>().expect_err("no class");
        assert!(error.to_string().contains("`private`"), "{error}");
    }
}
