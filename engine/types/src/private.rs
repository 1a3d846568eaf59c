//! What people said, who they are and how they are reached stays out of logs.

/// Implements `Debug` for types that hold such things, by their name alone: `Customer(..)`.
///
/// They may be parts of errors and of what is logged; their fields must not be. `Debug` is never
/// derived for a type with a field of words, names or numbers of people: a test looks at every kind
/// of event.
#[macro_export]
macro_rules! private_debug {
    ($($name:ident),+ $(,)?) => {
        $(impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        })+
    };
}
