//! `jejak completions` and `jejak man`: printed from the same definition as the commands.

use clap::{Args, Command};

use super::fail::Failure;

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
    /// None today.
    pub fn run(self, mut command: Command) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "jejak", &mut script);
        super::raw(&script);
        Ok(())
    }
}

/// Prints the manual page (roff).
#[derive(Debug, Args)]
pub struct Man {
    /// The page of one verb, such as `record sign`; the whole program without it
    pub verb: Vec<String>,
}

impl Man {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`] for a verb that is not there.
    pub fn run(self, mut command: Command) -> Result<(), Failure> {
        command.build();
        let mut name = "jejak".to_owned();
        for verb in &self.verb {
            let Some(found) = command.find_subcommand(verb) else {
                return Err(Failure::usage(format!("{name} has no verb {verb}")).next(format!("see `{name} --help`")));
            };
            command = found.clone();
            name = format!("{name} {verb}");
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .title(name.replace(' ', "-"))
            .render(&mut page)
            .map_err(|e| Failure::usage("can't write the page").why(e))?;
        super::raw(&page);
        Ok(())
    }
}
