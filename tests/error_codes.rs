//! The error codes are a promise: the engine's, TypeScript's list and the documentation must be the same.
#![expect(clippy::unwrap_used, reason = "a file that cannot be read is the test failing")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Every text between two marks that looks like a code.
fn codes(text: &str, mark: char) -> BTreeSet<String> {
    let is_code = |word: &&str| {
        word.len() > 5 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    text.split(mark).filter(is_code).map(str::to_owned).collect()
}

fn engine_codes() -> BTreeSet<String> {
    let source = read("src/error/text.rs");
    let from_both_enums = source.split("const fn code").skip(1).flat_map(|after| codes(after, '"'));
    from_both_enums.collect()
}

#[test]
fn typescript_knows_every_code_of_the_engine_and_no_other() {
    let source = read("js/errors.ts");
    let list = source.split("ENGINE_ERROR_CODES = [").nth(1).unwrap().split(']').next().unwrap();
    assert_eq!(codes(list, '"'), engine_codes());
}

#[test]
fn the_documentation_explains_every_code_and_no_other() {
    let source = read("js/errors.ts");
    let list = source.split("CLIENT_ERROR_CODES = [").nth(1).unwrap().split(']').next().unwrap();
    let all: BTreeSet<String> = engine_codes().union(&codes(list, '"')).cloned().collect();
    let table: String = read("docs/errors.md").lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(codes(&table, '`'), all);
}
