//! The `jejak` command: parses, dispatches, sets the exit code; nothing else.

fn main() -> std::process::ExitCode {
    jejak::cli::main()
}
