//! Pages, locales and static files are embedded in the binary: a change under `web/` must build it again, which the
//! embedding macros alone don't tell Cargo.

fn main() {
    println!("cargo:rerun-if-changed=web");
    println!("cargo:rerun-if-changed=build.rs");
}
