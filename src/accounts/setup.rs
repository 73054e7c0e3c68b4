//! The one-time token that opens the set-up page of an empty database.

use std::sync::Arc;

use subtle::ConstantTimeEq;

/// Printed in the log at start-up; worth nothing once an account exists.
#[derive(Clone)]
pub struct SetupToken(Arc<str>);

impl SetupToken {
    /// A new token.
    ///
    /// # Errors
    /// When the system's randomness fails.
    pub fn random() -> anyhow::Result<SetupToken> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(SetupToken(text.into()))
    }

    /// Whether `typed` is the token.
    pub fn matches(&self, typed: &str) -> bool {
        typed.trim().as_bytes().ct_eq(self.0.as_bytes()).into()
    }

    /// For the log line that tells it to whoever started the program.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SetupToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetupToken(…)")
    }
}
