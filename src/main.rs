//! The `jejak` command: parses, dispatches, sets the exit code; nothing else.

/// Faster than the system's where many threads make and drop small rows.
#[cfg(feature = "node")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    jejak::cli::main()
}
