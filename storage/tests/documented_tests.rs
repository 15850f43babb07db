//! The tests that docs/storage.md names as its proofs are there.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a file that cannot be read is the test failing")]

use std::fs;
use std::path::Path;

/// The texts between backticks that look like `module::test`.
fn named(document: &str) -> Vec<(&str, &str)> {
    let quoted = document.split('`').skip(1).step_by(2);
    quoted.filter_map(|text| text.split_once("::")).filter(|(_, test)| test.contains('_')).collect()
}

#[test]
fn every_test_that_the_table_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("../docs/storage.md")).unwrap();
    let table = document.split("## Operations and modes").nth(1).expect("the table");
    let named = named(table);
    assert!(named.len() >= 20, "only {} tests are named", named.len());
    for (module, test) in named {
        let path = root.join("tests/scenarios").join(format!("{module}.rs"));
        let code = fs::read_to_string(&path).unwrap_or_default();
        assert!(code.contains(&format!("async fn {test}()")), "{module}::{test} is not there");
    }
}
