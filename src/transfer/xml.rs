//! As much XML as the two small documents of a multipart upload need: writing an element, and reading a root with its
//! children.
//!
//! It is no library because of the weight: the toolkit's whole WASM file has 45 KB gzipped, of which the smallest loop
//! over `quick-xml` 0.42, without the checks made here, took 10.6 KB; this reader takes 0.8 KB.

use alloc::string::String;
use alloc::vec::Vec;

/// No answer that is read here is near this long, in bytes.
const MAX_LENGTH: usize = 1 << 20;
/// S3's documents are three deep.
const MAX_DEPTH: usize = 16;

/// The root of a document and its children; what lies deeper is checked for balance and left out.
#[derive(Debug, Default)]
pub(super) struct Document<'t> {
    pub(super) root: &'t str,
    /// Name and text up to the next tag, still escaped.
    children: Vec<(&'t str, &'t str)>,
}

impl Document<'_> {
    /// The text of the first child with this name; `None` too where the text is not proper XML.
    pub(super) fn child(&self, name: &str) -> Option<String> {
        self.children.iter().find(|(known, _)| *known == name).and_then(|(_, text)| unescape(text))
    }
}

/// Appends `<name>text</name>`, escaped.
pub(super) fn push_element(document: &mut String, name: &str, text: &str) {
    document.extend(["<", name, ">"]);
    for character in text.chars() {
        match character {
            '&' => document.push_str("&amp;"),
            '<' => document.push_str("&lt;"),
            '>' => document.push_str("&gt;"),
            '"' => document.push_str("&quot;"),
            '\'' => document.push_str("&apos;"),
            _ => document.push(character),
        }
    }
    document.extend(["</", name, ">"]);
}

/// Reads a document of elements and text. Attributes and the XML declaration are skipped; document types, comments and
/// CDATA, none of which S3 writes, are refused, so that nothing can expand or hide.
pub(super) fn read(text: &str) -> Result<Document<'_>, &'static str> {
    if text.len() > MAX_LENGTH {
        return Err("it is longer than 1 MiB");
    }
    let mut reader = Reader::default();
    // A byte order mark may come first, and white space, by which S3 keeps a slow answer alive, anywhere outside.
    let mut pieces = text.strip_prefix('\u{feff}').unwrap_or(text).split('<');
    reader.outside(pieces.next().unwrap_or_default())?;
    for piece in pieces {
        let (tag, text) = split_tag(piece).ok_or("it ends within a tag, or holds a bare <")?;
        reader.tag(tag, text)?;
    }
    if reader.open.is_empty() && reader.has_root { Ok(reader.document) } else { Err("it ends before its root does") }
}

#[derive(Default)]
struct Reader<'t> {
    open: Vec<&'t str>,
    has_root: bool,
    document: Document<'t>,
}

impl<'t> Reader<'t> {
    /// Takes what stands between `<` and `>`, and the text behind it.
    fn tag(&mut self, tag: &'t str, text: &'t str) -> Result<(), &'static str> {
        if let Some(name) = tag.strip_prefix('/') {
            if self.open.pop() != Some(name.trim_ascii_end()) {
                return Err("its tags do not match");
            }
        } else if tag.starts_with('!') {
            return Err("it holds a document type, a comment or CDATA");
        } else if !tag.starts_with('?') {
            let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let name = tag.split(|character: char| character.is_ascii_whitespace()).next().unwrap_or_default();
            self.open(name, if is_empty { "" } else { text })?;
            if is_empty {
                self.open.pop();
            }
        }
        self.outside(text)
    }

    fn open(&mut self, name: &'t str, text: &'t str) -> Result<(), &'static str> {
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
        if name.is_empty() || !is_name {
            return Err("a tag has no proper name");
        }
        match self.open.len() {
            0 if self.has_root => return Err("it has two roots"),
            0 => (self.document.root, self.has_root) = (name, true),
            1 => self.document.children.push((name, text)),
            MAX_DEPTH.. => return Err("it is nested too deeply"),
            _ => {}
        }
        self.open.push(name);
        Ok(())
    }

    /// Checks that nothing but white space stands outside the root.
    fn outside(&self, text: &str) -> Result<(), &'static str> {
        if self.open.is_empty() && !text.trim_ascii().is_empty() { Err("it is not XML") } else { Ok(()) }
    }
}

/// The inside of a tag and the text behind it. A `>` between quotation marks is a part of an attribute.
fn split_tag(piece: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    let end = piece.bytes().position(|byte| {
        match quote {
            Some(open) if open == byte => quote = None,
            None if byte == b'"' || byte == b'\'' => quote = Some(byte),
            _ => {}
        }
        quote.is_none() && byte == b'>'
    })?;
    Some((piece.get(..end)?, piece.get(end + 1..)?))
}

fn unescape(text: &str) -> Option<String> {
    let mut pieces = text.split('&');
    let mut unescaped = String::from(pieces.next()?);
    for piece in pieces {
        let (entity, rest) = piece.split_once(';')?;
        unescaped.push(character(entity)?);
        unescaped.push_str(rest);
    }
    Some(unescaped)
}

fn character(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = entity.strip_prefix('#')?;
            let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
            // from_str_radix would take a sign.
            if digits.starts_with('+') {
                return None;
            }
            char::from_u32(u32::from_str_radix(digits, radix).ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn children_are_read_and_what_lies_deeper_is_not() {
        let document = read(concat!(
            "\u{feff}<?xml version='1.0'?> <R a='>' b=\"'>\">",
            " <A>1</A><B>3<C>2</C>5</B><D/><E x='1' /><A>4</A>&amp;</R>\n",
        ))
        .unwrap();
        assert_eq!(document.root, "R");
        assert_eq!(document.children, [("A", "1"), ("B", "3"), ("D", ""), ("E", ""), ("A", "4")]);
        assert_eq!(document.child("A").as_deref(), Some("1"));
        assert_eq!(document.child("C"), None);
    }

    #[test]
    fn what_is_not_well_formed_or_could_expand_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(17), "</a>".repeat(17));
        let long = format!("<a>{}</a>", "x".repeat(MAX_LENGTH));
        for text in [
            "",
            " ",
            "text",
            "<a>",
            "</a>",
            "<a></b>",
            "<a><b></a></b>",
            "<a/><b/>",
            "<a/>x",
            "x<a/>",
            "<>",
            "< a/>",
            "<a",
            "<a b='>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "<a><![CDATA[x]]></a>",
            "<!-- <a/>",
            "<?xml <a/>",
            &deep,
            &long,
        ] {
            assert!(read(text).is_err(), "{:?}", &text[..text.len().min(80)]);
        }
    }

    #[test]
    fn text_with_other_entities_than_xmls_own_is_none() {
        for text in ["&unknown;", "&", "&amp", "&#xD800;", "&#+65;", "&#x110000;", "&#;", "&;"] {
            let document = format!("<R><A>{text}</A></R>");
            assert_eq!(read(&document).unwrap().child("A"), None, "{text}");
        }
        assert_eq!(read("<R><A>&#65;&#x1F511;&lt;</A></R>").unwrap().child("A").as_deref(), Some("A🔑<"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in "\\PC{0,60}|[ -~\n\t]{0,60}") {
            let mut document = String::from("<R>");
            push_element(&mut document, "A", &text);
            document.push_str("</R>");
            let read = read(&document).unwrap();
            prop_assert_eq!(read.child("A"), Some(text));
        }

        #[test]
        fn no_input_makes_it_panic(text in "[<>/?!a&;#x1'\" =-]{0,40}|\\PC{0,40}") {
            let _ = read(&text);
        }
    }
}
