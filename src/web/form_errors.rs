//! What is wrong with a form, in words, field by field, in the order in which it
//! was found: the template shows each beside its field and all in a list of links.

/// The errors of one form. A field has at most one message: the first that was
/// added. The field name `""` stands for the form as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors(Vec<(String, String)>);

impl Errors {
    /// No errors.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a message to a field, unless it already has one. The message says
    /// what to do, in Chinese, without the field's name doubled: 「请填写手机号」.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        if self.on(field).is_empty() {
            self.0.push((field.to_owned(), message.into()));
        }
    }

    /// The message of a field, `""` when there is none.
    #[must_use]
    pub fn on(&self, field: &str) -> &str {
        self.iter().find(|(name, _)| *name == field).map_or("", |(_, message)| message)
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many fields are wrong.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Field and message, in the order of adding.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, message)| (field.as_str(), message.as_str()))
    }
}

/// Whether two texts are the same, whatever kinds of text they are: templates
/// compare the code of an option with the value of its field.
pub fn same(one: impl AsRef<str>, other: impl AsRef<str>) -> bool {
    one.as_ref() == other.as_ref()
}

/// Whether a code is among the values ticked.
pub fn among<T: AsRef<str>>(values: &[T], code: impl AsRef<str>) -> bool {
    values.iter().any(|value| value.as_ref() == code.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_keeps_its_first_message_and_the_order_is_that_of_adding() {
        let mut errors = Errors::new();
        errors.add("phone", "请填写手机号");
        errors.add("name", "请填写姓名");
        errors.add("phone", "手机号应为11位数字");
        assert_eq!(errors.on("phone"), "请填写手机号");
        assert_eq!(errors.on("id_no"), "");
        let fields: Vec<_> = errors.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["phone", "name"]);
    }
}
