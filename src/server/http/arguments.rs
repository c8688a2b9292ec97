//! The query parameters of a handler, from the types of its arguments: the source of the parameters in `/openapi.json`.
//!
//! axum has the argument types of a handler in its type ([`axum::handler::Handler`]). A handler with an argument that is not an
//! [`Argument`] does not compile as a route, so every parameter that is read is documented.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use serde::de::{DeserializeOwned, Deserializer, Error, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

/// A query parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// JSON Schema of its value, and what it does.
    pub about: Option<About>,
}

/// JSON Schema of a parameter's value, and a sentence on what it does.
pub type About = (Value, &'static str);

/// A struct that is read from the query by its field names.
pub trait Described: DeserializeOwned {
    /// Describes the field of this name; a test checks that every field is described.
    fn about(field: &str) -> Option<About>;
}

/// An argument of a handler.
pub trait Argument {
    /// The query parameters that it reads.
    fn query() -> Vec<Parameter> {
        Vec::new()
    }

    /// Whether it reads the signature of a request.
    fn signed() -> bool {
        false
    }
}

impl<T> Argument for State<T> {}
impl<T> Argument for Path<T> {}
impl<T> Argument for Extension<T> {}
impl Argument for HeaderMap {}
impl Argument for Body {}

impl<T: Described> Argument for Query<T> {
    fn query() -> Vec<Parameter> {
        fields::<T>().iter().map(|name| Parameter { name, about: T::about(name) }).collect()
    }
}

/// The arguments of a handler: the tuple that [`axum::handler::Handler`] is generic over.
pub trait Arguments {
    /// The query parameters that the handler reads.
    fn query() -> Vec<Parameter>;

    /// Whether the handler reads the signature of a request.
    fn signed() -> bool;
}

impl Arguments for ((),) {
    fn query() -> Vec<Parameter> {
        Vec::new()
    }

    fn signed() -> bool {
        false
    }
}

macro_rules! arguments {
    ($($argument:ident)+) => {
        // axum puts a marker first: whether the last argument takes the body
        impl<Marker, $($argument: Argument),+> Arguments for (Marker, $($argument,)+) {
            fn query() -> Vec<Parameter> {
                [$($argument::query()),+].concat()
            }

            fn signed() -> bool {
                $($argument::signed())||+
            }
        }
    };
}

arguments!(A);
arguments!(A B);
arguments!(A B C);
arguments!(A B C D);
arguments!(A B C D E);

/// The names of the fields that `T` is read from.
fn fields<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names = Names(&[]);
    // only the names matter, so no values are given
    let _ = T::deserialize(&mut names);
    names.0
}

struct Names(&'static [&'static str]);

impl<'de> Deserializer<'de> for &mut Names {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("only the names of a struct are read"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0 = names;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}
