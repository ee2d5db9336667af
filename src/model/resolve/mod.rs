//! From trees to a typed model.
