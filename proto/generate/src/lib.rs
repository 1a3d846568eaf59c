//! Generates what `proto` keeps, and tells when that is not what the .proto files say. A package of
//! its own, so that whoever builds the program need not compile the generator; its build script
//! does the work, because what a build script needs is compiled without optimisation.
//!
//! After a change of a .proto file `SIDETONE_BLESS=1 cargo test --release -p
//! sidetone-proto-generate` writes the files anew.

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    #[test]
    fn what_is_kept_is_what_the_proto_files_say() {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/generated");
        for name in ["descriptors.bin", "sidetone.v1.rs"] {
            let new = fs::read(Path::new(env!("OUT_DIR")).join(name)).expect(name);
            let kept = kept.join(name);
            if std::env::var_os("SIDETONE_BLESS").is_some() {
                fs::write(&kept, &new).expect("writable");
            }
            // `assert_eq!` would print both.
            assert!(
                fs::read(&kept).expect(name) == new,
                "{name} is stale: SIDETONE_BLESS=1 cargo test --release -p sidetone-proto-generate"
            );
        }
    }
}
