//! Scripts and style sheets as they are sent: without comments and without space that only people read, a fifth of their weight.
//!
//! Names and order are kept. A script in which texts, templates or regular expressions have no end is sent unchanged.

/// A style sheet without lines that are comments and without indentation.
pub(super) fn style(sheet: &str) -> String {
    let mut lean = String::with_capacity(sheet.len());
    let mut in_comment = false;
    for line in sheet.lines().map(str::trim_start) {
        in_comment |= line.starts_with("/*");
        if !in_comment && !line.is_empty() {
            lean.push_str(line);
            lean.push('\n');
        }
        in_comment &= !line.trim_end().ends_with("*/");
    }
    lean
}

/// A script without comments and without space that separates nothing. Texts, templates and regular expressions stay as they are.
pub(super) fn script(script: &str) -> String {
    stripped(script).unwrap_or_else(|| script.to_owned())
}

fn stripped(mut rest: &str) -> Option<String> {
    let mut kept = String::with_capacity(rest.len());
    // of each template that is open: how many braces are open in its code
    let mut templates: Vec<usize> = Vec::new();
    let mut in_template = false;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        if in_template {
            if c == '\\' {
                length += rest[length..].chars().next().map_or(0, char::len_utf8);
            } else if rest.starts_with("${") {
                (in_template, length) = (false, 2);
                templates.push(0);
            } else {
                in_template = c != '`';
            }
        } else if c.is_whitespace() || rest.starts_with("//") || rest.starts_with("/*") {
            let code = code_at(rest)?;
            let (space, next) = rest.split_at(code);
            kept.push_str(separator(kept.chars().next_back(), space.contains('\n'), next.chars().next()));
            rest = next;
            continue;
        } else if matches!(c, '"' | '\'') || (c == '/' && begins_expression(&kept)) {
            length = literal(rest, c)?;
        } else if c == '`' {
            in_template = true;
        } else if c == '{' {
            if let Some(open) = templates.last_mut() {
                *open += 1;
            }
        } else if c == '}' {
            match templates.pop() {
                Some(0) => in_template = true,
                Some(open) => templates.push(open - 1),
                None => {}
            }
        }
        kept.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    (templates.is_empty() && !in_template).then_some(kept)
}

/// Bytes of space and comments before the next code.
fn code_at(script: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = &script[at..];
        at += if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/")? + 2
        } else {
            rest.len() - rest.trim_start().len()
        };
        if at == script.len() || script[at..].len() == rest.len() {
            return Some(at);
        }
    }
}

/// What must stay of the space between two pieces of code. The end of a line may end a statement, unless it stands after what needs more, or
/// before what goes on.
fn separator(before: Option<char>, is_line: bool, after: Option<char>) -> &'static str {
    let (Some(before), Some(after)) = (before, after) else { return "" };
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '#') || !c.is_ascii();
    let parts = (word(before) && word(after))
        || (before == after && matches!(before, '+' | '-'))
        || [before, after].contains(&'/');
    match is_line {
        true if !";{,([:?=>&|".contains(before) && !")]}.,;?:&|=".contains(after) => "\n",
        _ if parts => " ",
        _ => "",
    }
}

/// Whether a slash after this code begins a regular expression, and divides nothing.
fn begins_expression(code: &str) -> bool {
    let code = code.trim_end();
    let operator = code.ends_with(|c: char| "(,=:[!&|?{};+-*%<>~^".contains(c));
    operator || code.is_empty() || ["return", "typeof", "case"].iter().any(|word| code.ends_with(word))
}

/// Bytes of a string or regular expression on one line that ends with `end`.
fn literal(text: &str, end: char) -> Option<usize> {
    let (mut escaped, mut in_class) = (false, false);
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' if end == '/' => in_class = true,
            ']' => in_class = false,
            '\n' => return None,
            c if c == end && !in_class => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_have_no_comments_and_no_space_that_separates_nothing() {
        for (text, lean) in [
            ("// a\nf(() => {\n  // b\n  g(`//`);\n\n});\n", "f(()=>{g(`//`);});"),
            ("/** a */\n/**\n * b\n   c */\nf(\"image/*\");\n", "f(\"image/*\");"),
            (
                "const a = b / c; // d\nx = `${ f({ y: `// ${ 1 }` }) } //`; /* z */\n",
                "const a=b / c;x=`${f({y:`// ${1}`})} //`;",
            ),
            ("if (a && /[/`] \\//.test( '// ' )) return \"x\";", "if(a&& /[/`] \\//.test('// '))return\"x\";"),
            ("f( /* a\n// */ );\n", "f();"),
            ("a = b + +c - -d;", "a=b+ +c- -d;"),
        ] {
            assert_eq!(script(text), lean);
        }
    }

    #[test]
    fn end_of_a_line_stays_where_it_may_end_a_statement() {
        for (text, lean) in [
            ("let a = b\n(c)\n", "let a=b\n(c)"),
            ("a()\nb()\n", "a()\nb()"),
            ("class A {\n  b = 1\n  c() {\n  }\n  d() {}\n}\n", "class A{b=1\nc(){}\nd(){}}"),
            ("x = a\n  .b()\n  ? c :\n  d;\n", "x=a.b()?c:d;"),
            ("return\na;\n", "return\na;"),
        ] {
            assert_eq!(script(text), lean);
        }
    }

    #[test]
    fn texts_of_several_lines_stay_as_they_are() {
        assert_eq!(script("export default `\n  a // b\n\n/* c\n`;\n"), "export default`\n  a // b\n\n/* c\n`;");
    }

    #[test]
    fn what_can_not_be_read_is_sent_as_it_is() {
        for text in ["a = 'b\n';", "a = `b", "a = `${b`;", "a /* b"] {
            assert_eq!(script(text), text);
        }
    }

    #[test]
    fn style_sheets_have_no_lines_of_comment_and_no_indentation() {
        assert_eq!(style("/* a\n b */\n.c {\n  d: e;\n}\n"), ".c {\nd: e;\n}\n");
    }
}
