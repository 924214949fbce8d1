//! Just enough of Rust's grammar to tell code from comments and strings, and code from its tests.

/// The text with every comment and literal blanked out; line breaks and byte positions stay.
///
/// A word that a check bans may so be named in a comment or a message.
pub(crate) fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = at + blank_length(bytes, at);
        if end > at {
            out.extend(
                text.as_bytes()[at..end].iter().map(|&b| if b == b'\n' { '\n' } else { ' ' }),
            );
            at = end;
        } else {
            // What is not ASCII and outside of literals is no concern of any check.
            out.push(if bytes[at].is_ascii() { char::from(bytes[at]) } else { ' ' });
            at += 1;
        }
    }
    out
}

/// How many bytes from `at` on belong to one comment or literal; 0 where code stands.
fn blank_length(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let after_word = at > 0 && is_word(bytes[at - 1]);
    match rest {
        [b'/', b'/', ..] => rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment(rest),
        [b'"', ..] => quoted(rest, 1),
        [b'b' | b'c', b'"', ..] if !after_word => quoted(rest, 2),
        [b'r', ..] if !after_word => raw_string(rest, 1),
        [b'b' | b'c', b'r', ..] if !after_word => raw_string(rest, 2),
        [b'\'', ..] => character(rest),
        _ => 0,
    }
}

pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// A string whose first byte of content stands at `at`.
fn quoted(rest: &[u8], mut at: usize) -> usize {
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A raw string whose hashes or quote stand at `at`; 0 where it is none (`r#type`, a name).
fn raw_string(rest: &[u8], at: usize) -> usize {
    let hashes = rest[at..].iter().take_while(|&&b| b == b'#').count();
    let open = at + hashes;
    if rest.get(open) != Some(&b'"') {
        return 0;
    }
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    let body = &rest[open + 1..];
    match body.windows(close.len()).position(|window| window == close) {
        Some(length) => open + 1 + length + close.len(),
        None => rest.len(),
    }
}

/// A character literal; 0 where the quote begins a lifetime.
fn character(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        // The byte after the backslash may itself be a quote.
        return match rest.iter().skip(3).position(|&b| b == b'\'') {
            Some(length) => 3 + length + 1,
            None => 0,
        };
    }
    let width = match rest.get(1) {
        Some(0xf0..) => 4,
        Some(0xe0..) => 3,
        Some(0xc0..) => 2,
        _ => 1,
    };
    if rest.get(1 + width) == Some(&b'\'') { width + 2 } else { 0 }
}

/// Lines of a Rust file that are not tests: none of a file of tests, all but the `#[cfg(test)]` items of any other.
pub(crate) fn lines_without_tests(path: &str, text: &str) -> usize {
    if is_test_file(path) {
        return 0;
    }
    let code = code_only(text);
    let mut tested = 0;
    let mut from = 0;
    while let Some(found) = code[from..].find("#[cfg(test)]") {
        let start = from + found;
        let end = item_end(&code, start);
        tested += code[start..end].matches('\n').count() + 1;
        from = end;
    }
    text.lines().count() - tested.min(text.lines().count())
}

/// Is the file as a whole part of the tests?
pub(crate) fn is_test_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == "tests.rs" || name.ends_with("_test.rs") || format!("/{path}").contains("/tests/")
}

/// Where the item that begins at `start` ends: behind its closing brace, or its semicolon if that comes first.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return offset + 1;
                }
            }
            b';' if depth == 0 => return offset + 1,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_code_stays() {
        for (text, code) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"x("\"y")z"#, "x(     )z"),
            (r###"r#"a"b"#c"###, "        c"),
            ("b\"ab\" c\"d\" br\"e\"f", "                f"),
            ("r#type bar\"x\"", "r#type bar   "),
            ("'a' '\\'' '\\u{1f}' 'é'x", "                      x"),
            ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)"),
        ] {
            assert_eq!(code_only(text), code, "{text}");
        }
    }

    #[test]
    fn an_unfinished_literal_ends_with_the_text() {
        for text in ["\"a", "r#\"a", "/* a", "\"\\"] {
            assert_eq!(code_only(text).trim(), "", "{text}");
        }
    }

    #[test]
    fn test_modules_do_not_count_as_code() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { \"}\"; }\n}\nfn c() {}\n";
        assert_eq!(lines_without_tests("src/lib.rs", text), 2);
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_costs_its_two_lines() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests;\n";
        assert_eq!(lines_without_tests("src/lib.rs", text), 1);
    }

    #[test]
    fn files_of_tests_have_no_code() {
        for path in ["crates/a/tests/b.rs", "tests/b.rs", "src/a/tests.rs", "src/a_test.rs"] {
            assert_eq!(lines_without_tests(path, "fn a() {}\n"), 0, "{path}");
        }
        assert_eq!(lines_without_tests("src/contests.rs", "fn a() {}\n"), 1);
    }
}
