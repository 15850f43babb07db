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
    tag_key: String,
    tag_value: String,
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
    for (index, tag) in list.into_iter().enumerate() {
        check_length(&tag.tag_key, &format!("tags.{}.member.tagKey", index + 1), 128)?;
        check_length(&tag.tag_value, &format!("tags.{}.member.tagValue", index + 1), 256)?;
        if tag.tag_key.to_ascii_lowercase().starts_with("aws:") {
            return Err(fault("Tags beginning with aws: are reserved"));
        }
        if tags.insert(tag.tag_key, tag.tag_value).is_some() {
            return Err(fault("Duplicate tag keys"));
        }
    }
    Ok(tags)
}

fn check_count(count: usize) -> Result<(), KmsError> {
    if count > MAX_TAGS { Err(fault("Too many tags")) } else { Ok(()) }
}

fn check_length(value: &str, place: &str, most: usize) -> Result<(), KmsError> {
    if value.chars().count() <= most {
        return Ok(());
    }
    let constraint = format!("Member must have length less than or equal to {most}");
    Err(shapes::refusal(&format!("Value '{value}'"), place, &constraint))
}

fn fault(message: &str) -> KmsError {
    KmsError::new("TagException", message.to_owned())
}
