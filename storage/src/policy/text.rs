//! The texts of a policy: patterns, and variables that a request fills in.
//!
//! `*` stands for any text and `?` for any one character where a text is a pattern. `${key}` stands for what the request says
//! of a condition key, `${key, 'default'}` for the default where it says nothing, and `${*}`, `${?}`, `${$}` for the characters
//! themselves. Source: IAM User Guide, "IAM policy elements: Variables and tags".

use super::{ConditionContext, PolicyError};

/// The version of the policy language that knows variables; to the one before it they are text like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// 2008-10-17, which is also that of policies that name none.
    WithoutVariables,
    /// 2012-10-17.
    WithVariables,
}

/// A text as it was written, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    written: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Fixed(Pattern),
    Variable { key: String, default: Option<String> },
}

/// What a text comes to for a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// Any text: `*`.
    Any,
    /// Any one character: `?`.
    One,
    /// This character.
    Exactly(char),
}

impl Text {
    /// Reads a text.
    ///
    /// # Errors
    /// A variable that is not closed, has no name, or a default that is not in single quotation marks.
    pub(super) fn read(written: String, language: Language) -> Result<Self, PolicyError> {
        let mut pieces = Vec::new();
        let mut rest = written.as_str();
        while language == Language::WithVariables
            && let Some((before, behind)) = rest.split_once("${")
        {
            pieces.push(Piece::Fixed(Pattern::of(before)));
            let (piece, behind) = variable(behind).ok_or_else(|| PolicyError::Variable(written.clone()))?;
            pieces.push(piece);
            rest = behind;
        }
        pieces.push(Piece::Fixed(Pattern::of(rest)));
        Ok(Self { written, pieces })
    }

    /// The text as it stands in the policy.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// Whether what it means depends on the request.
    pub(super) fn has_variables(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. }))
    }

    /// What the text means for a request; nothing where a variable has no value, as nothing equals that and nothing is like
    /// it. What a request says is never a pattern.
    pub(super) fn resolved(&self, context: &ConditionContext) -> Option<Pattern> {
        let mut tokens = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Fixed(Pattern(fixed)) => tokens.extend_from_slice(fixed),
                Piece::Variable { key, default } => {
                    let value = context.only(key).or(default.as_deref())?;
                    tokens.extend(value.chars().map(Token::Exactly));
                }
            }
        }
        Some(Pattern(tokens))
    }
}

/// The variable that a text begins with, behind its `${`, and what follows it.
fn variable(text: &str) -> Option<(Piece, &str)> {
    for character in ['*', '?', '$'] {
        if let Some(behind) = text.strip_prefix(character).and_then(|rest| rest.strip_prefix('}')) {
            return Some((Piece::Fixed(Pattern(vec![Token::Exactly(character)])), behind));
        }
    }
    let end = text.find([',', '}'])?;
    let (key, rest) = text.split_at(end);
    let (default, behind) = if let Some(behind) = rest.strip_prefix('}') {
        (None, behind)
    } else {
        let (default, behind) = rest.strip_prefix(',')?.trim_start().strip_prefix('\'')?.split_once("'}")?;
        (Some(default.to_owned()), behind)
    };
    let is_name = !key.is_empty() && !key.contains(['$', '{', '\'']) && key == key.trim();
    is_name.then(|| (Piece::Variable { key: key.to_owned(), default }, behind))
}

impl Pattern {
    pub(super) fn of(text: &str) -> Self {
        let token = |character| match character {
            '*' => Token::Any,
            '?' => Token::One,
            other => Token::Exactly(other),
        };
        Self(text.chars().map(token).collect())
    }

    /// The text itself, where it is not taken for a pattern.
    pub(super) fn text(&self) -> String {
        let character = |token: &Token| match token {
            Token::Any => '*',
            Token::One => '?',
            Token::Exactly(character) => *character,
        };
        self.0.iter().map(character).collect()
    }

    /// Whether a text is like this.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut position) = (0, 0);
        // Where the last `*` was, and up to where it has taken text so far: enough to come back to.
        let mut star: Option<(usize, usize)> = None;
        while let Some(character) = text.get(position) {
            match self.0.get(at) {
                Some(Token::Any) => {
                    star = Some((at, position));
                    at += 1;
                }
                Some(token) if *token == Token::One || *token == Token::Exactly(*character) => {
                    at += 1;
                    position += 1;
                }
                _ => {
                    let Some((star_at, taken)) = star else { return false };
                    star = Some((star_at, taken + 1));
                    at = star_at + 1;
                    position = taken + 1;
                }
            }
        }
        self.0.iter().skip(at).all(|rest| *rest == Token::Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str) -> Result<Text, PolicyError> {
        Text::read(written.to_owned(), Language::WithVariables)
    }

    #[test]
    fn patterns_have_stars_and_question_marks() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*ab*ab", "abxabab", true),
            ("", "a", false),
            ("a**", "a", true),
        ] {
            assert_eq!(Pattern::of(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn variables_are_filled_in_by_the_request() {
        let mut context = ConditionContext::default();
        context.add("aws:username", "al*ice");
        context.add("aws:PrincipalTag/team", "red");
        context.add("aws:TagKeys", "a");
        context.add("aws:TagKeys", "b");
        for (written, expected) in [
            ("home/${aws:username}/x", Some("home/al*ice/x")),
            ("${AWS:UserName}", Some("al*ice")),
            ("${aws:PrincipalTag/team}-${aws:PrincipalTag/team}", Some("red-red")),
            ("${aws:PrincipalTag/none}", None),
            ("${aws:TagKeys}", None),
            ("${aws:PrincipalTag/none, 'company-wide'}!", Some("company-wide!")),
            ("${aws:username,'x'}", Some("al*ice")),
            ("${aws:PrincipalTag/none, ''}", Some("")),
            ("a${*}b${?}c${$}{d}", Some("a*b?c${d}")),
            ("100$", Some("100$")),
        ] {
            let resolved = read(written).unwrap().resolved(&context);
            assert_eq!(resolved.map(|pattern| pattern.text()).as_deref(), expected, "{written}");
        }
    }

    #[test]
    fn neither_values_nor_escaped_characters_are_patterns() {
        let mut context = ConditionContext::default();
        context.add("s3:prefix", "*");
        for (written, text, expected) in [
            ("${s3:prefix}/?", "*/a", true),
            ("${s3:prefix}/?", "b/a", false),
            ("${*}?", "*a", true),
            ("${*}?", "aa", false),
            ("${?}*", "?abc", true),
            ("${?}*", "abc", false),
        ] {
            assert_eq!(read(written).unwrap().resolved(&context).unwrap().matches(text), expected, "{written} {text}");
        }
    }

    #[test]
    fn what_is_no_variable_is_refused_or_text_in_the_older_language() {
        for written in ["${", "${}", "a${aws:username", "${a, b}", "${a, 'b}", "${, 'b'}", "${ a}", "${a${b}}"] {
            assert_eq!(read(written), Err(PolicyError::Variable(written.to_owned())));
            let text = Text::read(written.to_owned(), Language::WithoutVariables).unwrap();
            assert_eq!(text.resolved(&ConditionContext::default()), Some(Pattern::of(written)), "{written}");
        }
    }
}
