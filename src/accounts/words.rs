//! Random words that people copy by hand: initial passwords and recovery codes.

use crate::error::AppError;

/// Letters and digits that are not mistaken for one another.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// Twenty-eight of 31 make 138 bits: more than the 128 of ASVS 11.5.1, in whole groups.
const COUNT: usize = 28;

/// A word nobody guesses, in groups of four: an initial password, a recovery code.
///
/// # Errors
/// When the system's randomness fails.
pub(super) fn secret_word() -> Result<String, AppError> {
    let mut text = String::new();
    let mut taken = 0;
    // Bytes past the last whole turn of the alphabet would make its beginning likelier.
    let fair = 256 - 256 % LETTERS.len();
    while taken < COUNT {
        let mut byte = [0_u8; 1];
        getrandom::fill(&mut byte).map_err(|error| AppError::Internal(anyhow::anyhow!("no randomness: {error}")))?;
        let number = usize::from(byte[0]);
        let Some(letter) = LETTERS.get(number % LETTERS.len()).filter(|_| number < fair) else { continue };
        if taken > 0 && taken % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(*letter));
        taken += 1;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_words_come_in_groups_and_differ() {
        let word = secret_word().unwrap();
        assert_eq!(word.len(), 34);
        assert!(word.split('-').all(|group| group.len() == 4), "{word}");
        assert_ne!(word, secret_word().unwrap());
    }
}
