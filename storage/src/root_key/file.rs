//! The root key in a file of its own: 32 bytes in base64, readable by its owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{RootKeyError, RootKeyHolder};
use crate::encryption::sse_s3::RootKey;

/// Keeps the key in a file.
#[derive(Debug, Clone)]
pub struct RootKeyFile(PathBuf);

impl RootKeyFile {
    /// The holder of the key in the file at `path`, which need not exist.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    fn error(&self, what: impl core::fmt::Display) -> RootKeyError {
        RootKeyError(format!("in {} {what}", self.0.display()))
    }

    fn read(&self) -> Result<Option<RootKey>, RootKeyError> {
        let text = match fs::read_to_string(&self.0) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.error(format!("cannot be read: {error}"))),
        };
        if is_open_to_others(&self.0).map_err(|error| self.error(format!("cannot be looked at: {error}")))? {
            return Err(self.error("can be read by others than its owner; take that right from them (chmod 600)"));
        }
        let malformed = || self.error("is not 32 bytes in base64; restore the file from a copy");
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| malformed())?);
        let bytes = Zeroizing::new(<[u8; 32]>::try_from(&bytes[..]).map_err(|_| malformed())?);
        Ok(Some(RootKey::from_bytes(*bytes)))
    }

    /// Writes beside and renames, so that a crash leaves the whole key or none.
    fn write(&self, key: &RootKey) -> std::io::Result<()> {
        let directory = self.0.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let unfinished = self.0.with_extension("unfinished");
        let mut file = private().write(true).create(true).truncate(true).open(&unfinished)?;
        let text = Zeroizing::new(STANDARD.encode(key.bytes()));
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        // Unlike a rename, a link does not replace a key that somebody else put there meanwhile.
        let kept = fs::hard_link(&unfinished, &self.0);
        fs::remove_file(&unfinished)?;
        kept?;
        sync_directory(directory)
    }
}

#[async_trait]
impl RootKeyHolder for RootKeyFile {
    async fn held(&self) -> Result<Option<RootKey>, RootKeyError> {
        self.read()
    }

    async fn hold(&self, key: &RootKey) -> Result<(), RootKeyError> {
        self.write(key).map_err(|error| self.error(format!("cannot be written: {error}")))
    }
}

#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
fn private() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

/// Elsewhere than on Unix a folder's owner decides.
#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> std::io::Result<bool> {
    Ok(false)
}

/// Makes names within a directory durable, where the platform has a way to.
pub(crate) fn sync_directory(directory: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder() -> (tempfile::TempDir, RootKeyFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = RootKeyFile::new(directory.path().join("keys/root-key"));
        (directory, file)
    }

    #[tokio::test]
    async fn a_key_that_was_kept_is_held() {
        let (_directory, file) = holder();
        assert!(file.held().await.unwrap().is_none());
        let key = RootKey::generate().unwrap();
        file.hold(&key).await.unwrap();
        assert_eq!(file.held().await.unwrap().unwrap().bytes(), key.bytes());
        let names: Vec<_> = fs::read_dir(file.0.parent().unwrap()).unwrap().collect();
        assert_eq!(names.len(), 1, "nothing is left beside it");
    }

    #[tokio::test]
    async fn a_key_is_never_replaced() {
        let (_directory, file) = holder();
        let key = RootKey::generate().unwrap();
        file.hold(&key).await.unwrap();
        let error = file.hold(&RootKey::generate().unwrap()).await.unwrap_err().to_string();
        assert!(error.contains("cannot be written"), "{error}");
        assert_eq!(file.held().await.unwrap().unwrap().bytes(), key.bytes());
    }

    #[tokio::test]
    async fn a_damaged_file_is_not_mistaken_for_none_and_not_quoted() {
        let (_directory, file) = holder();
        fs::create_dir_all(file.0.parent().unwrap()).unwrap();
        for text in ["", "c2hvcnQ=", "hunter2!"] {
            fs::write(&file.0, text).unwrap();
            #[cfg(unix)]
            fs::set_permissions(&file.0, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            let error = file.held().await.unwrap_err().to_string();
            assert!(error.contains("not 32 bytes in base64") && !error.contains("hunter2"), "{error}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (_directory, file) = holder();
        file.hold(&RootKey::generate().unwrap()).await.unwrap();
        assert_eq!(fs::metadata(&file.0).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file.0, fs::Permissions::from_mode(0o640)).unwrap();
        let error = file.held().await.unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}
