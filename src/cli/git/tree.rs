//! The tree objects of git: names with modes and ids.
//!
//! In: the bytes of a tree. Out: its entries.
//!
//! Invariant: names are bytes and are compared as such; a damaged tree gives nothing.

/// What an entry of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// The commit of another repository.
    Submodule,
}

/// One name of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// What it is.
    pub(super) kind: EntryKind,
    /// Its name.
    pub(super) name: Vec<u8>,
    /// The id of its object, hexadecimal.
    pub(super) id: String,
}

/// Reads a tree whose ids have so many bytes; `None` where it is damaged.
pub(super) fn parse(mut bytes: &[u8], id_length: usize) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|byte| *byte == b' ')?;
        let (mode, rest) = bytes.split_at_checked(space)?;
        let rest = rest.get(1..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        let (name, rest) = rest.split_at_checked(end)?;
        let (id, rest) = rest.get(1..)?.split_at_checked(id_length)?;
        entries.push(Entry {
            kind: kind(mode)?,
            name: name.to_owned(),
            id: data_encoding::HEXLOWER.encode(id),
        });
        bytes = rest;
    }
    Some(entries)
}

/// The kind behind a mode: `40000`, `100644`, `120000`, `160000`.
fn kind(mode: &[u8]) -> Option<EntryKind> {
    let mode = std::str::from_utf8(mode).ok().and_then(|mode| u32::from_str_radix(mode, 8).ok())?;
    match mode & 0o170_000 {
        0o040_000 => Some(EntryKind::Folder),
        0o100_000 => Some(EntryKind::File),
        0o120_000 => Some(EntryKind::Link),
        0o160_000 => Some(EntryKind::Submodule),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_byte_by_byte() {
        let id = [7u8; 20];
        let tree = [b"100644 a\nb\xff\0".as_slice(), &id, b"40000 c\0", &id].concat();
        let entries = parse(&tree, 20).unwrap();
        assert_eq!(
            entries.iter().map(|entry| entry.kind).collect::<Vec<_>>(),
            [EntryKind::File, EntryKind::Folder]
        );
        assert_eq!(entries[0].name, b"a\nb\xff");
        assert_eq!(entries[1].id, "07".repeat(20));
        for cut in 1..tree.len() {
            let part = parse(&tree[..cut], 20);
            assert!(part.is_none_or(|entries| entries.len() == 1), "{cut}");
        }
        assert_eq!(parse(b"999999 a\0", 20), None);
    }
}
