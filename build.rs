//! Pages, locales, static files, commodity profiles and export guides are embedded in the binary: a change of theirs, also a new file, must build it
//! again, which the embedding macros alone don't tell Cargo.

fn main() {
    println!("cargo:rerun-if-changed=web");
    println!("cargo:rerun-if-changed=schemas/commodities");
    println!("cargo:rerun-if-changed=schemas/guides");
    println!("cargo:rerun-if-changed=build.rs");
}
