//! A map of texts, such as a materials description: a few entries, sorted by name. The standard library's tree does the same
//! for a thousand times as many, and weighs 2 KB of the gzipped WASM file.

use alloc::string::String;
use alloc::vec::{self, Vec};
use core::iter::Map;
use core::ops::Index;
use core::slice;

/// Names and texts, sorted by name.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct TextMap(Vec<(String, String)>);

impl TextMap {
    /// A map of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Sets a name's text, and gives the one that it had.
    pub fn insert(&mut self, name: String, text: String) -> Option<String> {
        match self.place_of(&name) {
            Ok(place) => Some(core::mem::replace(&mut self.0[place].1, text)),
            Err(place) => {
                self.0.insert(place, (name, text));
                None
            }
        }
    }

    /// Takes a name out, and gives the text that it had.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        Some(self.0.remove(self.place_of(name).ok()?).1)
    }

    /// A name's text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&String> {
        Some(&self.0[self.place_of(name).ok()?].1)
    }

    /// Whether there is such a name.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.place_of(name).is_ok()
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and texts in order.
    pub fn iter(&self) -> Iter<'_> {
        let pair: fn(&(String, String)) -> (&String, &String) = |(name, text)| (name, text);
        self.0.iter().map(pair)
    }

    /// Names in order.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(name, _)| name)
    }

    fn place_of(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }
}

impl core::fmt::Debug for TextMap {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_map().entries(self).finish()
    }
}

impl Index<&str> for TextMap {
    type Output = String;

    /// The text of a name that is there for certain.
    fn index(&self, name: &str) -> &String {
        let place = self.place_of(name);
        &self.0[place.unwrap_or(usize::MAX)].1
    }
}

impl Extend<(String, String)> for TextMap {
    fn extend<Pairs: IntoIterator<Item = (String, String)>>(&mut self, pairs: Pairs) {
        for (name, text) in pairs {
            self.insert(name, text);
        }
    }
}

impl FromIterator<(String, String)> for TextMap {
    fn from_iter<Pairs: IntoIterator<Item = (String, String)>>(pairs: Pairs) -> Self {
        let mut map = Self::new();
        map.extend(pairs);
        map
    }
}

impl<const N: usize> From<[(String, String); N]> for TextMap {
    fn from(pairs: [(String, String); N]) -> Self {
        pairs.into_iter().collect()
    }
}

/// Names and texts in order.
pub type Iter<'m> = Map<slice::Iter<'m, (String, String)>, fn(&(String, String)) -> (&String, &String)>;

impl<'m> IntoIterator for &'m TextMap {
    type Item = (&'m String, &'m String);
    type IntoIter = Iter<'m>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for TextMap {
    type Item = (String, String);
    type IntoIter = vec::IntoIter<(String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_holds_what_the_standard_librarys_map_holds(
            pairs in proptest::collection::vec(("[a-d]{1,2}", ".*"), 0..20),
            name in "[a-d]{1,2}",
        ) {
            let mut theirs: BTreeMap<String, String> = pairs.iter().cloned().collect();
            let mut ours: TextMap = pairs.into_iter().collect();
            prop_assert_eq!(ours.get(&name), theirs.get(&name));
            prop_assert_eq!(ours.contains_key(&name), theirs.contains_key(&name));
            prop_assert_eq!(ours.remove(&name), theirs.remove(&name));
            prop_assert_eq!(ours.insert(name.clone(), "new".to_owned()), theirs.insert(name, "new".to_owned()));
            prop_assert!(ours.iter().eq(theirs.iter()));
            prop_assert_eq!(ours.is_empty(), theirs.is_empty());
            prop_assert!(ours.into_iter().eq(theirs));
        }
    }
}
