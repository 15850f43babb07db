"""Which of Amazon's recorded answers the simulated storage does not give: those out of its scope, and those still to come."""

ASYMMETRIC = "asymmetric and HMAC keys are not simulated: nothing in S3's encryption uses them"
IMPORT = "imported key material is not simulated"
REPLICAS = "multi-region keys are not simulated"
AGREEMENT = "key agreement is not simulated"

# Scenarios that start with a text, and why they are left out.
LEFT_OUT = {
    "TestKMS::test_sign_verify": ASYMMETRIC,
    "TestKMS::test_generate_and_verify_mac": ASYMMETRIC,
    "TestKMS::test_invalid_generate_mac": ASYMMETRIC,
    "TestKMS::test_invalid_verify_mac": ASYMMETRIC,
    "TestKMS::test_error_messaging_for_invalid_keys": ASYMMETRIC,
    "TestKMS::test_rotate_key_on_demand_raises_error_given_non_symmetric_key": ASYMMETRIC,
    "TestKMSGenerateKeys::test_encryption_context_generate_data_key_pair": ASYMMETRIC,
    "TestKMSGenerateKeys::test_generate_data_key_pair": ASYMMETRIC,
    "TestKMS::test_import_key": IMPORT,
    "TestKMS::test_rotate_key_on_demand_raises_error_given_key_with_imported_key_material": IMPORT,
    "TestKMS::test_rotate_key_on_demand_raises_for_no_pending_key_material": IMPORT,
    "TestKMS::test_rotate_key_on_demand_on_external_key": IMPORT,
    "TestKMS::test_key_rotations_encryption_decryption": IMPORT,
    "TestKMS::test_replicate": REPLICAS,
    "TestKMS::test_derive_shared_secret": AGREEMENT,
}

# Scenarios that differ still, and in what.
PENDING = {}
