//! The shell of the field app: what a browser shows until its modules run, or without JavaScript.

use std::collections::BTreeSet;

use askama::Template;

use super::{Ctx, PageError, Shell};
use crate::server::{app, assets};

#[derive(Template)]
#[template(path = "app.html")]
struct AppPage {
    shell: Shell,
    version: &'static str,
    ledger: String,
    log_key: String,
    modules: &'static BTreeSet<String>,
}

/// Draws the shell of the app.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_app(ctx: &Ctx) -> Result<String, PageError> {
    let shell = Shell::new(ctx, ctx.lang.text("app-name"), ctx.lang.text("app-about"));
    let page = AppPage {
        shell,
        version: assets::version(),
        ledger: ctx.ledger.clone(),
        log_key: ctx.log_key.clone(),
        modules: app::first(),
    };
    Ok(page.render()?)
}
