//! The walls of the house hold: who may use whom, read from the sources themselves.
#![expect(clippy::unwrap_used, reason = "a file that cannot be read is the test failing")]

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Which modules of `src/` may use which. What is not listed is forbidden.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("text_map", &[]),
    ("decimal", &[]),
    ("error", &["decimal"]),
    ("freestanding", &[]),
    ("secret", &["error"]),
    ("gcm", &["error", "secret"]),
    ("suite", &["error", "gcm", "keyring", "secret"]),
    ("keyring", &["error", "gcm", "secret", "suite", "text_map"]),
    ("metadata", &["decimal", "error", "gcm", "keyring", "suite", "text_map"]),
    ("object", &["error", "gcm", "keyring", "metadata", "suite"]),
    ("sse", &["error", "secret"]),
    ("presign", &["error", "sse"]),
    ("transfer", &["decimal", "error"]),
];

fn sources(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "wasm") {
            found.extend(sources(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

/// The code of a file without its comments, where names are only mentioned.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn module_of(path: &Path) -> String {
    let relative = path.strip_prefix(Path::new(ROOT).join("src")).unwrap();
    relative.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The modules that a file uses, by `crate::name`.
fn used_modules(code: &str) -> Vec<String> {
    let names = code.split("crate::").skip(1);
    let names = names.map(|rest| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>());
    names.filter(|name| !name.is_empty()).collect()
}

/// Whether TypeScript loads a module, now or later: an import of types alone is gone when it runs.
fn loads(code: &str, module: &str) -> bool {
    let quoted = format!("\"{module}\"");
    // What comes before each mention of it, from the beginning of its statement.
    let statements = code.split(&quoted).map(|before| before.rsplit(';').next().unwrap_or(before).trim_start());
    let mentions = code.matches(&quoted).count();
    statements.take(mentions).any(|statement| !statement.starts_with("import type "))
}

#[test]
fn imports_of_types_alone_load_nothing() {
    let types = "import type { A } from \"other\";\nimport type {\n  B,\n} from \"sim\";\n";
    assert!(!loads(types, "sim"));
    for loading in ["import { C } from \"sim\";", "import { type C, D } from \"sim\";", "await import(\"sim\");"] {
        assert!(loads(loading, "sim"), "{loading}");
        assert!(loads(&format!("{types}{loading}"), "sim"), "{loading}, after imports of types");
    }
}

#[test]
fn modules_use_only_those_below_them() {
    let mut checked = 0;
    for path in sources(&Path::new(ROOT).join("src"), "rs") {
        let module = module_of(&path);
        if module == "lib" || module == "web" {
            continue;
        }
        let (_, allowed) =
            ALLOWED.iter().find(|(name, _)| *name == module).expect("a module that design does not know");
        for used in used_modules(&code(&path)) {
            assert!(used == module || allowed.contains(&used.as_str()), "{} uses {used}", path.display());
        }
        checked += 1;
    }
    assert!(checked > 15, "only {checked} files were found");
}

#[test]
fn only_web_names_a_browser_type() {
    for path in sources(&Path::new(ROOT).join("src"), "rs") {
        if module_of(&path) == "web" {
            continue;
        }
        for foreign in ["wasm_bindgen", "web_sys", "js_sys", "JsValue"] {
            assert!(!code(&path).contains(foreign), "{} names {foreign}", path.display());
        }
    }
}

#[test]
fn toolkit_and_storage_do_not_depend_on_each_other() {
    let manifest = |path: &str| fs::read_to_string(Path::new(ROOT).join(path)).unwrap();
    let toolkit = manifest("Cargo.toml");
    let dependencies = toolkit.split("[dependencies]").nth(1).unwrap().split("[profile").next().unwrap();
    assert!(!dependencies.contains("s3-storage-sim"));
    assert!(!manifest("storage/Cargo.toml").contains("s3-envelope"));
    for path in sources(&Path::new(ROOT).join("storage/src"), "rs") {
        assert!(!code(&path).contains("s3_envelope"), "{}", path.display());
    }
}

#[test]
fn what_is_loaded_on_demand_stands_alone() {
    for name in ["checksum", "legacy", "passphrase"] {
        let manifest = fs::read_to_string(Path::new(ROOT).join(name).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap();
        assert!(!dependencies.contains("s3-"), "{name} depends on another crate of the workspace");
    }
}

#[test]
fn the_typescript_layers_point_one_way() {
    for path in sources(&Path::new(ROOT).join("js"), "ts") {
        let code = code(&path);
        assert!(!code.contains("www/"), "{} uses the page", path.display());
        let is_testing = path.file_name().is_some_and(|name| name == "testing.ts");
        assert!(is_testing || !code.contains("storage_sim"), "{} uses the simulator", path.display());
    }
    for path in sources(&Path::new(ROOT).join("www"), "ts") {
        let code = code(&path);
        assert!(!code.contains("wasm/engine"), "{} goes around the package", path.display());
        let is_storage = path.components().any(|part| part.as_os_str() == "storage-worker");
        assert!(is_storage || !loads(&code, "s3-envelope/testing"), "{} holds the simulator", path.display());
    }
}
