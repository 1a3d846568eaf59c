//! Weights: found, fetched, checked, converted.
