//! The shell of the field app and of the desk: what a browser shows until its modules run, or without JavaScript.

use std::collections::BTreeSet;

use askama::Template;

use super::{Ctx, PageError, Shell};
use crate::server::assets;

/// What runs in a shell.
#[derive(Debug)]
pub struct Runs {
    /// Its main module.
    pub main: &'static str,
    /// Its style sheets.
    pub styles: &'static [&'static str],
    /// The sentences of its name, of what it is for, and of what a browser without JavaScript shows.
    pub name: &'static str,
    /// See above.
    pub about: &'static str,
    /// See above.
    pub noscript: &'static str,
    /// Whether a phone may install it.
    pub installs: bool,
}

/// The field app.
pub const APP: Runs = Runs {
    main: "app/main.js",
    styles: &["app/app.css"],
    name: "app-name",
    about: "app-about",
    noscript: "app-noscript",
    installs: true,
};

/// The desk.
pub const DESK: Runs = Runs {
    main: "desk/main.js",
    styles: &["app/app.css", "desk/desk.css"],
    name: "desk-name",
    about: "desk-about",
    noscript: "desk-noscript",
    installs: false,
};

#[derive(Template)]
#[template(path = "app.html")]
struct AppPage {
    shell: Shell,
    of: &'static Runs,
    version: &'static str,
    ledger: String,
    log_key: String,
    modules: &'static BTreeSet<String>,
}

/// Draws the shell of the app or the desk, which a browser tells at once what `modules` it needs first.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_app(ctx: &Ctx, of: &'static Runs, modules: &'static BTreeSet<String>) -> Result<String, PageError> {
    let shell = Shell::new(ctx, ctx.lang.text(of.name), ctx.lang.text(of.about));
    let page = AppPage {
        shell,
        of,
        version: assets::version(),
        ledger: ctx.ledger.clone(),
        log_key: ctx.log_key.clone(),
        modules,
    };
    Ok(page.render()?)
}
