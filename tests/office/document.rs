//! A document with every kind of block, a wide table of many rows and hostile texts in every place.

use segc::document::content::{
    Block, Change, Column, ColumnKind, Document, Face, Figure, Row, Section, Signature, Table, Task, Text,
    Voice, Weight,
};
use time::{Date, Month};

/// Texts that break formats which trust them.
pub(crate) const HOSTILE: &[&str] = &[
    "<script>alert('x')</script> & <b>",
    "=cmd|'/C calc'!A0",
    "a | b || c ` ~ # * _ \\ $ @label [link](x) ${x} #eval",
    "]]> &amp; &#0; _x0041_ \u{0}\u{1}\u{8}\u{b}\u{1f}\u{7f}\u{85}\u{fffe}\u{ffff}",
    "right to left: שלום עולם مرحبا \u{202e}reversed\u{202c} \u{2066}isolated\u{2069}",
    "pictograms: 🔥 👩\u{200d}💻 🏳\u{fe0f}\u{200d}🌈; 中文 日本語; Ελληνικά; Кириллица; ŁÓDŹ",
    "\n\nlone\n\rlines\r\n\tand tabs\u{2028}x",
    "  spaces   at both ends  ",
    "\u{301}\u{200b}\u{ad}combining",
];

/// The day of the document.
pub(crate) fn day() -> Date {
    Date::from_calendar_date(2026, Month::March, 9).unwrap()
}

fn figure(id: &str, width: u32, height: u32) -> Figure {
    let boxes: String = (0..4)
        .map(|index| {
            let x = 20 + index * (width - 40) / 4;
            format!(
                "<rect x='{x}' y='30' width='{}' height='60' rx='4' fill='#eef4fa' stroke='#17456f' stroke-width='1.5'/>\
                 <text x='{}' y='65' font-family='sans-serif' font-size='13' fill='#1c2430'>role-{index} Größe</text>",
                (width - 40) / 4 - 30,
                x + 10,
            )
        })
        .collect();
    Figure {
        id: id.to_owned(),
        caption: Text::ours("Roles, segments and who starts"),
        description: "Four roles in a row: <role-0> & others".to_owned(),
        svg: format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 {width} {height}'>\
             <rect width='{width}' height='{height}' fill='#fff'/>{boxes}</svg>"
        ),
        width,
        height,
        mermaid: String::new(),
    }
}

const MATRIX: &[(&str, &str, u16, ColumnKind)] = &[
    ("source-role", "Source role", 10, ColumnKind::Words),
    ("source-address", "Source address", 12, ColumnKind::Code),
    ("destination-role", "Destination role", 10, ColumnKind::Words),
    ("destination-address", "Destination address", 12, ColumnKind::Code),
    ("protocol", "Protocol", 6, ColumnKind::Choice),
    ("ports", "Ports", 8, ColumnKind::Code),
    ("starts", "Starts from", 8, ColumnKind::Words),
    ("enforced", "Enforced at", 10, ColumnKind::Choice),
    ("purpose", "Purpose", 16, ColumnKind::Words),
    ("rationale", "Rationale", 20, ColumnKind::Words),
    ("encrypted", "Encrypted", 8, ColumnKind::Choice),
    ("owner", "Owner", 8, ColumnKind::Words),
    ("ticket", "Ticket", 8, ColumnKind::Code),
    ("valid", "Valid until", 8, ColumnKind::Day),
    ("status", "Status", 8, ColumnKind::Choice),
    ("entry", "Catalogue entry", 12, ColumnKind::Code),
];

fn matrix_row(index: usize) -> Row {
    let change = match index % 7 {
        0 => Some(Change::New),
        3 => Some(Change::Changed),
        5 => Some(Change::Removed),
        _ => None,
    };
    let cells = vec![
        Text::site(format!("vda-{}", index % 40)),
        Text::code(format!("10.{}.{}.0/24", index / 250, index % 250)),
        Text::site("cloud-connectors"),
        Text::code(if index.is_multiple_of(5) {
            "2001:db8:12:4::/64".to_owned()
        } else {
            format!("10.40.{}.17", index % 250)
        }),
        Text::ours(if index.is_multiple_of(2) { "TCP" } else { "UDP" }),
        Text::code("443, 1494, 2598"),
        Text::ours("source"),
        Text::ours("subnet and firewall"),
        Text::ours("Registration of machines with their controllers"),
        Text::ours("Machines register with a connector before users can start sessions. ")
            .then(Text::site("Agreed with the network team in spring")),
        Text::ours("TLS"),
        Text::site("Network team"),
        Text::site("CHG-0012345"),
        Text::ours("2027-01-31"),
        Text::ours("standing"),
        Text::link("vda-registration", "https://docs.example.com/ports?a=1&b=2"),
    ];
    Row { id: format!("R-{index:05}"), change, cells }
}

/// A wide table of many rows.
pub(crate) fn matrix(rows: usize) -> Table {
    let column = |(id, title, width, kind): &(&'static str, &str, u16, ColumnKind)| Column {
        id,
        title: (*title).to_owned(),
        width: *width,
        kind: *kind,
    };
    Table {
        id: Table::MATRIX.to_owned(),
        caption: Text::ours("Every connection, one row for each source, destination and service"),
        key: "Id".to_owned(),
        columns: MATRIX.iter().map(column).collect(),
        rows: (0..rows).map(matrix_row).collect(),
    }
}

fn small_table(id: &str, rows: Vec<Row>) -> Table {
    let column = |id, title: &str, width, kind| Column { id, title: title.to_owned(), width, kind };
    Table {
        id: id.to_owned(),
        caption: Text::ours("Segments and their ranges"),
        key: "Segment".to_owned(),
        columns: vec![
            column("range", "Range", 12, ColumnKind::Code),
            column("hosts", "Hosts", 6, ColumnKind::Number),
            column("why", "Why", 30, ColumnKind::Words),
        ],
        rows,
    }
}

fn small_rows() -> Vec<Row> {
    let row = |id: &str, range: &str, hosts: &str, why: Text| Row {
        id: id.to_owned(),
        change: None,
        cells: vec![Text::code(range), Text::ours(hosts), why],
    };
    vec![
        row("workers", "10.1.0.0/20", "4096", Text::site("Session hosts of all sites")),
        row(
            "connectors",
            "10.1.16.0/28",
            "14",
            Text::ours("Connectors stand apart, because they reach the cloud"),
        ),
        row(
            "long-name-of-a-segment-that-does-not-fit",
            "2001:db8:1234:5678::/64",
            "007",
            Text::ours("x".repeat(300)),
        ),
    ]
}

fn hostile_section() -> Section {
    let mut blocks = vec![Block::Heading { id: "h".to_owned(), title: Text::site(HOSTILE[0]) }];
    let long = "W".repeat(5_000);
    for text in HOSTILE.iter().copied().chain([long.as_str()]) {
        blocks.push(Block::Paragraph(Text::site(text).then(Text::of(text, Voice::Site, Face::Code))));
    }
    let all = || HOSTILE.iter().map(|text| Text::site(*text)).collect::<Vec<_>>();
    blocks.push(Block::Bullets(all()));
    blocks.push(Block::Steps(all()));
    blocks.push(Block::Callout { weight: Weight::Warning, title: Text::site(HOSTILE[2]), body: all() });
    blocks.push(Block::Listing { name: HOSTILE[0].to_owned(), text: HOSTILE.join("\n") + &long });
    let row = |(index, text): (usize, &&str)| Row {
        id: format!("{index} {text}"),
        change: None,
        cells: vec![Text::site(*text), Text::site(*text), Text::site(*text)],
    };
    let mut rows: Vec<Row> = HOSTILE.iter().enumerate().map(row).collect();
    rows.push(Row { id: "long".to_owned(), change: None, cells: vec![Text::site(long.as_str()); 3] });
    blocks.push(Block::Table(small_table("a/b[c]:'*?\\ and a name that is far too long", rows)));
    blocks.push(Block::Checklist(vec![Task {
        what: Text::site(long),
        owner: Some(Text::site(HOSTILE[5])),
        due: None,
    }]));
    let party = Signature { party: Text::site(HOSTILE[1]), statement: Text::site(HOSTILE[4]) };
    blocks.push(Block::SignOff(vec![party]));
    Section { id: "hostile".to_owned(), title: HOSTILE[0].to_owned(), blocks }
}

fn overview() -> Section {
    let blocks = vec![
        Block::Paragraph(
            Text::ours(
                "This document says what each team has to prepare before the build. The customer wrote: ",
            )
            .then(Text::site("We move 4,000 desktops in two waves & close the old site"))
            .then(Text::ours(". Details are in the "))
            .then(Text::link("vendor's documentation", "https://docs.example.com/en-us?x=1&y=2"))
            .then(Text::ours(". Quote ids such as "))
            .then(Text::code("R-00012"))
            .then(Text::ours(" in tickets. ".repeat(12))),
        ),
        Block::Heading { id: "picture".to_owned(), title: Text::ours("Who starts to whom & why") },
        Block::Figure(figure("overview", 640, 260)),
        Block::Bullets(vec![
            Text::ours("First item, with some words"),
            Text::site("An item of the site"),
            Text::ours("Last item ".repeat(25)),
        ]),
        Block::Callout {
            weight: Weight::Decision,
            title: Text::ours("Choose the way out to the internet"),
            body: vec![
                Text::ours("Either a proxy or a firewall with names. "),
                Text::site("We prefer the proxy."),
            ],
        },
        Block::Callout {
            weight: Weight::Warning,
            title: Text::ours("Peering is not transitive"),
            body: vec![Text::ours("Routes end at the hub.")],
        },
        Block::Callout { weight: Weight::Note, title: Text::ours("IPv6 has rows of its own"), body: vec![] },
    ];
    Section { id: "overview".to_owned(), title: "Overview".to_owned(), blocks }
}

fn checklist() -> Section {
    let task = |index: u8, what: &str| Task {
        what: Text::ours(what),
        owner: (!index.is_multiple_of(3)).then(|| Text::site("Directory team")),
        due: index.is_multiple_of(2).then(|| day().saturating_add(time::Duration::days(i64::from(index)))),
    };
    let tasks = vec![
        task(1, "Create the organisational units for machine accounts"),
        task(
            2,
            "Open the registration ports in both directions between machines and connectors, and tell us when it is done so that the first checks can be run",
        ),
        task(3, "Order certificates"),
    ];
    let steps = vec![
        Text::ours("Look at the log of the connector"),
        Text::ours("Ask the firewall team for drops"),
        Text::code("Test-NetConnection -Port 443"),
    ];
    let listing = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": [\"ec2:RunInstances\"]\n    }\n  ]\n}";
    let blocks = vec![
        Block::Checklist(tasks),
        Block::Heading { id: "checks".to_owned(), title: Text::ours("First checks") },
        Block::Steps(steps.clone()),
        Block::Steps(steps),
        Block::Listing { name: "mcs-permissions.json".to_owned(), text: listing.to_owned() },
        Block::Table(small_table("segments", small_rows())),
        Block::Table(small_table("empty", vec![])),
    ];
    Section { id: "checklist".to_owned(), title: "Checklist in build order".to_owned(), blocks }
}

/// A document with every kind of block and a matrix of some rows.
pub(crate) fn document(rows: usize) -> Document {
    let party = |name: &str| Signature {
        party: Text::site(name),
        statement: Text::ours("The rows of this team are right and will be in place before the build."),
    };
    let section =
        |id: &str, title: &str, blocks| Section { id: id.to_owned(), title: title.to_owned(), blocks };
    Document {
        title: Text::ours("Prerequisites for ").then(Text::site("Acme & Söhne")),
        subtitle: Text::ours("Release 4, for all teams"),
        facts: vec![
            ("Customer".to_owned(), Text::site("Acme & Söhne")),
            ("Delivery".to_owned(), Text::ours("Hybrid; the customer hosts workers")),
            ("Effective".to_owned(), Text::ours("2026-03-09")),
            ("Hostile".to_owned(), Text::site(HOSTILE[2])),
        ],
        date: day(),
        language: "en",
        sections: vec![
            overview(),
            checklist(),
            section(
                "matrix",
                "Firewall matrix",
                vec![
                    Block::Paragraph(Text::ours(
                        "One row for each source, destination and service. ".repeat(5),
                    )),
                    Block::Table(matrix(rows)),
                ],
            ),
            section(
                "sequence",
                "Sequence",
                vec![
                    Block::Figure(figure("sequence", 1_300, 500)),
                    Block::Paragraph(Text::ours("Read from left to right.")),
                ],
            ),
            section(
                "certificates",
                "Certificates",
                vec![Block::Paragraph(Text::ours(
                    "No role of this site needs one, because no gateway is used.",
                ))],
            ),
            hostile_section(),
            section(
                "sign-off",
                "Sign-off",
                vec![Block::SignOff(vec![
                    party("Network team"),
                    party("Directory team"),
                    party("Cloud team"),
                ])],
            ),
        ],
    }
}

/// The rows of a document's tables: id and words of the cells, as they can be shown.
pub(crate) fn rows(document: &Document) -> Vec<Vec<String>> {
    segc::document::render::tables(document)
        .flat_map(|table| &table.rows)
        .map(|row| std::iter::once(row.id.clone()).chain(row.cells.iter().map(Text::words)).collect())
        .collect()
}
