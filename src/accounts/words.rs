//! Random words that people copy by hand: initial passwords and recovery codes.

use crate::error::AppError;

/// Letters and digits that are not mistaken for one another.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// That many of them in groups of four.
///
/// # Errors
/// When the system's randomness fails.
pub(super) fn random_letters(count: usize) -> Result<String, AppError> {
    let mut text = String::new();
    let mut taken = 0;
    // Bytes past the last whole turn of the alphabet would make its beginning likelier.
    let fair = 256 - 256 % LETTERS.len();
    while taken < count {
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
        let word = random_letters(24).unwrap();
        assert_eq!(word.len(), 29);
        assert!(word.split('-').all(|group| group.len() == 4), "{word}");
        assert_ne!(word, random_letters(24).unwrap());
    }
}
