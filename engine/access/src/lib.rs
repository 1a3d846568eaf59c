//! Who may do what, with which calls, and what they are shown of them. No I/O: whoever has files
//! and sockets asks here.
//!
//! ```text
//! credentials ─► Principal ─┐
//!                           ├─► decide ─► Decision: allowed or not, and by what
//! Right, Whose ─────────────┘
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | `right` | what can be done at all |
//! | `role` | what roles are |
//! | `policy` | the file of a site: its roles, teams and media servers |
//! | `principal` | who asks |
//! | `decide` | whether they may, and why |
//! | `token` | secrets of programs: made, hashed, compared |
//! | `password` | secrets of people |
//! | `attempts` | whom to let try again, and when |
//! | `network` | addresses of media servers |

#![cfg_attr(
    test,
    expect(
        clippy::disallowed_methods,
        reason = "tests take a first moment from the clock and count from there"
    )
)]

mod attempts;
mod decide;
mod network;
mod password;
mod policy;
mod principal;
mod right;
mod role;
mod token;

pub use attempts::Attempts;
pub use decide::{Decision, Whose, agents_of, decide};
pub use network::{Network, NoNetwork};
pub use password::{PasswordError, PasswordHash};
pub use policy::{Peer, Policy, PolicyError};
pub use principal::{Identified, Known, Principal};
pub use right::{Right, UnknownRight};
pub use role::{Reach, Role, Roles, RolesError};
pub use token::{SecretHash, Token, TokenError};
