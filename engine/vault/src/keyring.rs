//! The master keys of a site.

use zeroize::Zeroizing;

use crate::VaultError;
use crate::key::DataKey;
use crate::master::{KeyId, MasterKey};

/// Before the id of the master key in a wrapped key.
const VERSION: u8 = 1;
const ID: usize = 6;

/// The master keys of a site: the first one wraps, all unwrap.
#[derive(Clone, Debug)]
pub struct Keyring(Vec<MasterKey>);

/// A text is no keyring.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyringError {
    /// There is no key in it.
    #[error("there is no key in it: `sidetone keys new` prints one")]
    Empty,
    /// A line is no key.
    #[error("line {0} is no key: each is a line of `sidetone keys new`")]
    Line(usize),
}

impl Keyring {
    /// Of these, the first of which wraps; `None` if there are none.
    pub fn of(keys: Vec<MasterKey>) -> Option<Self> {
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// Reads one key per line. Empty lines and those that begin with `#` are left out.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let lines = (1..).zip(text.lines().map(str::trim));
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let keys = lines.map(|(at, line)| MasterKey::parse(line).ok_or(KeyringError::Line(at)));
        Self::of(keys.collect::<Result<_, _>>()?).ok_or(KeyringError::Empty)
    }

    /// What [`Keyring::parse`] reads.
    pub fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        for key in &self.0 {
            text.push_str(&key.text());
            text.push('\n');
        }
        text
    }

    /// The same with a new key in front, which wraps from now on.
    #[must_use]
    pub fn led_by(&self, key: MasterKey) -> Self {
        let keys = std::iter::once(key).chain(self.0.iter().cloned());
        Self(keys.collect())
    }

    /// The same without that one; `None` if nothing would be left, or it is the first.
    #[must_use]
    pub fn without(&self, id: KeyId) -> Option<Self> {
        let (first, others) = self.0.split_first()?;
        let others = others.iter().filter(|key| key.id() != id).cloned();
        (first.id() != id).then(|| Self(std::iter::once(first.clone()).chain(others).collect()))
    }

    /// The names of all, the one that wraps first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.iter().map(MasterKey::id)
    }

    /// Wraps `key`, which belongs to `name`: it unwraps under no other name.
    pub fn wrap(&self, name: &str, key: &DataKey) -> Result<Vec<u8>, VaultError> {
        let master = self.0.first().expect("never empty");
        let mut wrapped = vec![VERSION];
        wrapped.extend_from_slice(&master.id().0);
        wrapped.extend(master.key().seal(name, key.bytes())?);
        Ok(wrapped)
    }

    /// Unwraps the key of `name`.
    pub fn unwrap(&self, name: &str, wrapped: &[u8]) -> Result<DataKey, VaultError> {
        let id = wrapped_by(wrapped)?;
        let master = self.0.iter().find(|key| key.id() == id);
        let master = master.ok_or(VaultError::NoSuchKey(id))?;
        DataKey::of_bytes(&master.key().open(name, &wrapped[1 + ID..])?)
    }

    /// The key of `name` wrapped by the first master key; `None` if it is already.
    pub fn rewrap(&self, name: &str, wrapped: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        if self.ids().next() == Some(wrapped_by(wrapped)?) {
            return Ok(None);
        }
        let key = self.unwrap(name, wrapped)?;
        self.wrap(name, &key).map(Some)
    }
}

/// The master key that has wrapped it.
pub fn wrapped_by(wrapped: &[u8]) -> Result<KeyId, VaultError> {
    match wrapped.split_first() {
        Some((&VERSION, rest)) => match rest.first_chunk::<ID>() {
            Some(id) => Ok(KeyId(*id)),
            None => Err(VaultError::Broken),
        },
        Some((version, _)) if *version > VERSION => Err(VaultError::Newer),
        _ => Err(VaultError::Broken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random() -> MasterKey {
        MasterKey::random().expect("random")
    }

    #[test]
    fn a_key_unwraps_under_its_name_with_the_master_key_that_wrapped_it() {
        let old = Keyring::of(vec![random()]).expect("one");
        let key = DataKey::random().expect("random");
        let wrapped = old.wrap("call-7", &key).expect("wrapped");
        let unwrapped = old.unwrap("call-7", &wrapped).expect("its own");
        assert_eq!(unwrapped.bytes(), key.bytes());
        assert!(old.unwrap("call-8", &wrapped).is_err());
        let stranger = Keyring::of(vec![random()]).expect("one");
        let id = old.ids().next().expect("one");
        let missing = stranger.unwrap("call-7", &wrapped).err();
        assert_eq!(missing, Some(VaultError::NoSuchKey(id)));
        for cut in 0..wrapped.len() {
            assert!(old.unwrap("call-7", &wrapped[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn a_new_key_in_front_wraps_and_the_old_one_goes_once_it_wraps_nothing() {
        let old = Keyring::of(vec![random()]).expect("one");
        let key = DataKey::random().expect("random");
        let wrapped = old.wrap("call-7", &key).expect("wrapped");
        let both = old.led_by(random());
        assert!(both.unwrap("call-7", &wrapped).is_ok());
        let again = both.rewrap("call-7", &wrapped).expect("unwraps");
        let again = again.expect("another key wraps now");
        assert_eq!(both.rewrap("call-7", &again), Ok(None));
        let [new, gone] = [0, 1].map(|at| both.ids().nth(at).expect("two"));
        assert!(both.without(new).is_none(), "it wraps");
        let left = both.without(gone).expect("one is left");
        assert_eq!(left.ids().collect::<Vec<_>>(), [new]);
        assert!(left.unwrap("call-7", &again).is_ok());
        assert!(left.unwrap("call-7", &wrapped).is_err());
    }

    #[test]
    fn keys_are_lines_of_a_text() {
        let both = Keyring::of(vec![random(), random()]).expect("two");
        let text = format!("# new and old\n\n{}", *both.text());
        let again = Keyring::parse(&text).expect("two keys");
        assert!(again.ids().eq(both.ids()));
        assert_eq!(
            Keyring::parse("# nothing\n").err(),
            Some(KeyringError::Empty)
        );
        let wrong = Keyring::parse(&format!("{text}key\n")).err();
        assert_eq!(wrong, Some(KeyringError::Line(5)));
    }
}
