//! Rotation: a key gets new material, and what the older wrapped still opens.

use serde_json::{Value, json};

use super::super::key::{KeyState, MAX_ON_DEMAND_ROTATIONS, Manager, Rotation, RotationType, SECONDS_PER_DAY};
use super::super::{Call, Kms, KmsError};
use super::{Input, Outcome};

/// The period where none is given, in days.
const USUAL_PERIOD: i64 = 365;

impl Kms {
    pub(super) fn json_enable_rotation(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let period = input.number_within("RotationPeriodInDays", 90, 2560)?.unwrap_or(USUAL_PERIOD);
        let period_days = u32::try_from(period).map_err(|_| KmsError::internal())?;
        let id = self.rotatable_key(call, input, "EnableKeyRotation")?;
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
        let so_far = key.rotations().filter(|(_, _, kind)| *kind == RotationType::OnDemand).count();
        if so_far >= MAX_ON_DEMAND_ROTATIONS {
            let message = format!(
                "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be \
                 performed for this key: {arn}"
            );
            return Err(KmsError::new("LimitExceededException", message));
        }
        key.rotate_on_demand(call.now)?;
        self.record_rotation(&id, call.now, "ON_DEMAND");
        Ok(json!({ "KeyId": arn }).into())
    }

    pub(super) fn json_list_rotations(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let id = self.asked_key(call, input, "ListKeyRotations")?;
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        let entry = |(material, at, kind): (&super::super::key::Material, u64, RotationType)| {
            let kind = if kind == RotationType::OnDemand { "ON_DEMAND" } else { "AUTOMATIC" };
            json!({
                "KeyId": self.arn(&id), "KeyMaterialId": material.id, "RotationDate": at, "RotationType": kind,
            })
        };
        let entries: Vec<Value> = key.rotations().map(entry).collect();
        Ok(input.page("Rotations", &entries, 100)?.into())
    }

    /// A customer's key that is enabled.
    fn rotatable_key(&mut self, call: &Call<'_>, input: &Input, operation: &str) -> Result<String, KmsError> {
        let id = self.asked_key(call, input, operation)?;
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        self.check_state(&id, key)?;
        if key.manager == Manager::Aws {
            let message = format!("{} is managed by AWS, which rotates it every year.", self.arn(&id));
            return Err(KmsError::new("UnsupportedOperationException", message));
        }
        Ok(id)
    }
}
