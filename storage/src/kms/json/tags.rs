//! Tags of keys.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::authorize::{Asked, conditions};
use super::super::{Call, Kms, KmsError};
use super::{Input, Outcome, shapes};
use crate::policy::ConditionContext;

/// How many tags a key can have.
const MAX_TAGS: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    tag_key: Option<String>,
    tag_value: Option<String>,
}

impl Kms {
    pub(super) fn json_tag(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let added = tags(input)?;
        let mut asked = names(added.keys());
        for (name, value) in &added {
            asked.add(&format!("aws:RequestTag/{name}"), value);
        }
        let id = self.changeable_key(call, input, Asked::with("TagResource", &asked))?;
        let key = self.changed_key(&id)?;
        let mut all = key.tags.clone();
        all.extend(added);
        check_count(all.len())?;
        key.tags = all;
        Ok(json!({}).into())
    }

    pub(super) fn json_untag(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let removed = input.texts("TagKeys")?;
        let id = self.changeable_key(call, input, Asked::with("UntagResource", &names(&removed)))?;
        self.changed_key(&id)?.tags.retain(|name, _| !removed.contains(name));
        Ok(json!({}).into())
    }

    pub(super) fn json_list_tags(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let id = self.asked_key(call, input, "ListResourceTags")?;
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        let tags: Vec<Value> =
            key.tags.iter().map(|(name, value)| json!({ "TagKey": name, "TagValue": value })).collect();
        Ok(input.page("Tags", &tags, (50, 50))?.into())
    }
}

/// What conditions can ask about tags by their names alone.
fn names<'a>(names: impl IntoIterator<Item = &'a String>) -> ConditionContext {
    conditions(names.into_iter().map(|name| ("aws:TagKeys", name.clone())))
}

/// The tags of a request, by their names.
pub(super) fn tags(input: &Input) -> Result<BTreeMap<String, String>, KmsError> {
    let Some(value) = input.value("Tags") else { return Ok(BTreeMap::new()) };
    let list: Vec<Tag> = serde_json::from_value(value.clone())
        .map_err(|_| KmsError::validation("Tags must be a list of TagKey and TagValue."))?;
    check_count(list.len())?;
    let mut tags = BTreeMap::new();
    for (index, Tag { tag_key, tag_value }) in list.into_iter().enumerate() {
        let place = |name: &str| format!("tags.{}.member.{name}", index + 1);
        let key = of_length(tag_key, &place("tagKey"), 1, 128)?;
        let value = of_length(tag_value, &place("tagValue"), 0, 256)?;
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(fault("Tags beginning with aws: are reserved"));
        }
        if tags.insert(key, value).is_some() {
            return Err(fault("Duplicate tag keys"));
        }
    }
    Ok(tags)
}

fn check_count(count: usize) -> Result<(), KmsError> {
    if count > MAX_TAGS { Err(fault("Too many tags")) } else { Ok(()) }
}

/// A text, if it is there and as long as it may be.
fn of_length(text: Option<String>, place: &str, least: usize, most: usize) -> Result<String, KmsError> {
    let text = text.ok_or_else(|| shapes::refusal("Value null", place, "Member must not be null"))?;
    let bound = match text.chars().count() {
        length if length < least => format!("greater than or equal to {least}"),
        length if length > most => format!("less than or equal to {most}"),
        _ => return Ok(text),
    };
    Err(shapes::refusal(&format!("Value '{text}'"), place, &format!("Member must have length {bound}")))
}

fn fault(message: &str) -> KmsError {
    KmsError::new("TagException", message.to_owned())
}
