//! The catalogue as people and programs read it: lists of its entries, single entries, releases compared.
//!
//! In: a [`Catalogue`](crate::catalogue::Catalogue), one of its releases, and what is asked for. Out: [`Listing`],
//! [`Found`] and [`ReleaseDiff`], each as text, as Markdown, and as a structure that serialises to JSON.
//!
//! Invariant: every form shows the same views, so that no form knows a fact that another one lacks the place for.
//! Invariant: absent on purpose are files, the terminal and the customer's site; a view borrows from the catalogue.

mod card;
mod compare;
pub(crate) mod filters;
mod find;
mod flow;
mod intent;
mod list;
mod page;
mod record;
mod role;
mod table;
mod text;
mod values;

pub use compare::ReleaseDiff;
pub use find::{Found, known_names};
pub use list::{Extent, Listing, Section};
