//! `jejak completions` and `jejak man`: generated from the definition of the commands.

use clap::{Args, Command};

use super::failure::Failure;
use super::output;

/// Prints the completion script of a shell.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

impl Completions {
    /// Runs the verb.
    ///
    /// # Errors
    /// None.
    pub fn run(self, mut command: Command) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "jejak", &mut script);
        output::raw(&script);
        Ok(())
    }
}

/// Prints the manual page (roff).
#[derive(Debug, Args)]
pub struct Man {
    /// Verb, such as `record sign`; without it, the page of jejak itself
    pub verb: Vec<String>,
}

impl Man {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`] for an unknown verb.
    pub fn run(self, mut command: Command) -> Result<(), Failure> {
        command.build();
        let mut name = "jejak".to_owned();
        for verb in &self.verb {
            let Some(found) = command.find_subcommand(verb) else {
                return Err(Failure::usage(format!("{name} has no verb {verb}")).hint(format!("see `{name} --help`")));
            };
            command = found.clone();
            name = format!("{name} {verb}");
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .title(name.replace(' ', "-"))
            .render(&mut page)
            .map_err(|e| Failure::usage("can't write the page").because(e))?;
        output::raw(&page);
        Ok(())
    }
}
