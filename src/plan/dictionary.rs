//! What every dictionary of the programme can do, and the macro that declares one.

/// A closed list of values, each with the code of the database and JSON and the
/// Chinese label a reader sees.
pub trait Dictionary: Copy + Sized + 'static {
    /// Every value, in the order of the forms.
    const ALL: &'static [Self];

    /// The code in the database, in JSON and in addresses.
    fn code(self) -> &'static str;

    /// The words a reader sees.
    fn label(self) -> &'static str;

    /// The value of a code.
    fn from_code(code: &str) -> Option<Self>;
}

/// Declares a dictionary: each value is its name, its code and its label.
macro_rules! dictionary {
    (
        $(#[$about:meta])*
        $name:ident {
            $( $(#[$note:meta])* $value:ident = $code:literal, $label:literal; )+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $( $(#[$note])* #[doc = $label] $value, )+
        }

        impl $crate::plan::dictionary::Dictionary for $name {
            const ALL: &'static [Self] = &[ $( Self::$value, )+ ];

            fn code(self) -> &'static str {
                match self { $( Self::$value => $code, )+ }
            }

            fn label(self) -> &'static str {
                match self { $( Self::$value => $label, )+ }
            }

            fn from_code(code: &str) -> Option<Self> {
                match code { $( $code => Some(Self::$value), )+ _ => None }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad($crate::plan::dictionary::Dictionary::label(*self))
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str($crate::plan::dictionary::Dictionary::code(*self))
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let code = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(from)?;
                $crate::plan::dictionary::Dictionary::from_code(&code).ok_or_else(|| {
                    ::serde::de::Error::custom(format_args!(
                        "{code} is not a code of {}", stringify!($name)
                    ))
                })
            }
        }
    };
}

pub(crate) use dictionary;
