//! What somebody needs to be answered, by each route and method.

use sidetone_access::Right;

/// What somebody needs to be answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// To show who they are.
    Login,
    /// A right.
    Right(Right),
    /// One right or the other.
    Either(Right, Right),
}

impl std::fmt::Display for Needs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Login => f.write_str("to be known"),
            Self::Right(right) => right.fmt(f),
            Self::Either(one, other) => write!(f, "{one} or {other}"),
        }
    }
}
