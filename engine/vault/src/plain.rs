//! What was opened.

use std::ops::Deref;

/// Bytes that were opened. They are overwritten when they go, all at once: writing them one by one, as
/// `Zeroizing` does, takes longer than opening them.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Plain(Vec<u8>);

impl Plain {
    /// These. What else holds them is not overwritten.
    #[must_use]
    pub fn of(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Room for more. Where there is too little, what was there before stays behind.
    pub fn as_mut_vec(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl std::fmt::Debug for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plain({} bytes)", self.0.len())
    }
}

impl Deref for Plain {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.0.fill(0);
        zeroize::optimization_barrier(self.0.as_slice());
    }
}
