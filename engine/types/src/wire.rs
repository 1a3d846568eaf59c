//! Times as they are written in JSON: whole milliseconds or microseconds, the unit in the field's
//! name. For `#[serde(with = "…")]`.

macro_rules! whole_numbers {
    ($module:ident, $doc:literal, $time:ty, $write:expr, $read:expr) => {
        #[doc = $doc]
        pub(crate) mod $module {
            use serde::{Deserialize as _, Deserializer, Serializer};

            pub(crate) fn serialize<S: Serializer>(time: &$time, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_u64($write(*time))
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<$time, D::Error> {
                u64::deserialize(d).map($read)
            }
        }
    };
}

whole_numbers!(
    media_millis,
    "A point of the call in milliseconds.",
    crate::time::MediaTime,
    crate::time::MediaTime::as_millis,
    crate::time::MediaTime::from_millis
);
whole_numbers!(
    millis,
    "A duration in milliseconds.",
    std::time::Duration,
    crate::time::as_millis,
    std::time::Duration::from_millis
);
whole_numbers!(
    micros,
    "A duration in microseconds.",
    std::time::Duration,
    |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
    std::time::Duration::from_micros
);
