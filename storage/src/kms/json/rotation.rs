//! Rotation: a key gets new material, and what the older wrapped still opens.

use serde_json::{Value, json};

use super::super::authorize::{Asked, conditions};
use super::super::key::{
    KeyState, MAX_ON_DEMAND_ROTATIONS, Manager, Material, Rotation, RotationType, SECONDS_PER_DAY,
};
use super::super::{Call, Kms, KmsError};
use super::{Input, Outcome};

/// The period where none is given, in days.
const USUAL_PERIOD: i64 = 365;

impl Kms {
    pub(super) fn json_enable_rotation(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let period = input.number("RotationPeriodInDays")?.unwrap_or(USUAL_PERIOD);
        let period_days = u32::try_from(period).map_err(|_| KmsError::internal())?;
        let asked = conditions([("kms:RotationPeriodInDays", period.to_string())]);
        let id = self.rotatable_key(call, input, Asked::with("EnableKeyRotation", &asked))?;
        let next = call.now + u64::from(period_days) * SECONDS_PER_DAY;
        self.changed_key(&id)?.rotation = Some(Rotation { period_days, next });
        Ok(json!({}).into())
    }

    pub(super) fn json_disable_rotation(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let id = self.rotatable_key(call, input, "DisableKeyRotation")?;
        self.changed_key(&id)?.rotation = None;
        Ok(json!({}).into())
    }

    pub(super) fn json_rotation_status(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let id = self.asked_key(call, input, "GetKeyRotationStatus")?;
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        // A key that is pending deletion is not rotated; where that is cancelled, it is rotated as before.
        let is_dying = matches!(key.state, KeyState::PendingDeletion { .. });
        let rotation = key.rotation.filter(|_| !is_dying);
        let mut output = json!({ "KeyId": self.arn(&id), "KeyRotationEnabled": rotation.is_some() });
        if let Some(rotation) = rotation {
            output["RotationPeriodInDays"] = Value::from(rotation.period_days);
            output["NextRotationDate"] = Value::from(rotation.next);
        }
        Ok(output.into())
    }

    pub(super) fn json_rotate(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let id = self.rotatable_key(call, input, "RotateKeyOnDemand")?;
        let arn = self.arn(&id);
        let key = self.changed_key(&id)?;
        let so_far = key.rotations().filter(|kind| *kind == RotationType::OnDemand).count();
        if so_far >= MAX_ON_DEMAND_ROTATIONS {
            let message = format!(
                "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be \
                 performed for this key: {arn}"
            );
            return Err(KmsError::new("LimitExceededException", message));
        }
        key.rotate_on_demand(call.now)?;
        self.record_rotation(&id, call.now, RotationType::OnDemand);
        Ok(json!({ "KeyId": arn }).into())
    }

    pub(super) fn json_list_rotations(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let id = self.asked_key(call, input, "ListKeyRotations")?;
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        let with_all = input.text("IncludeKeyMaterial")?.as_deref() == Some("ALL_KEY_MATERIAL");
        let current = &key.current()?.id;
        let entry = |material: &Material| {
            let mut entry = json!({ "KeyId": self.arn(&id), "KeyMaterialId": material.id });
            if let Some((at, kind)) = material.rotated {
                entry["RotationDate"] = Value::from(at);
                entry["RotationType"] = Value::from(kind.name());
            }
            if with_all {
                let is_current = material.id == *current;
                entry["KeyMaterialState"] = Value::from(if is_current { "CURRENT" } else { "NON_CURRENT" });
            }
            entry
        };
        let listed = key.materials().iter().filter(|material| with_all || material.rotated.is_some());
        let entries: Vec<Value> = listed.map(entry).collect();
        Ok(input.page("Rotations", &entries, (100, 1000))?.into())
    }

    /// A customer's key that is enabled.
    fn rotatable_key<'a>(
        &mut self,
        call: &Call<'_>,
        input: &Input,
        asked: impl Into<Asked<'a>>,
    ) -> Result<String, KmsError> {
        let id = self.asked_key(call, input, asked)?;
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        self.check_state(&id, key)?;
        if key.manager == Manager::Aws {
            let message = format!("{} is managed by AWS, which rotates it every year.", self.arn(&id));
            return Err(KmsError::new("UnsupportedOperationException", message));
        }
        Ok(id)
    }
}
