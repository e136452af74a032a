# What a change has to pass.
ready:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    cargo test
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# Writes the generated parts of the README and takes the snapshots as they are; read the diff.
bless:
    BLESS=1 cargo test --test house
    TRYCMD=overwrite cargo test --test cmd
    INSTA_UPDATE=always cargo test

# Two new files and a line: `just new-lint some-pattern-objected-to`.
new-lint NAME:
    scripts/new-lint {{NAME}}

# Times `authlint check` beside `nginx -t` and `apache2 -t` on generated configurations.
bench:
    scripts/bench

# Compares decisions on N configurations made by chance with real nginx and real Apache: `just truth 5000`.
truth N="1000":
    AUTHLINT_TRUTH=required AUTHLINT_TRUTH_COUNT={{N}} cargo test --release --test truth random_configurations -- --nocapture
    AUTHLINT_TRUTH=required AUTHLINT_TRUTH_COUNT={{N}} cargo test --release --test decide_truth_apache chance -- --nocapture
    AUTHLINT_TRUTH=required AUTHLINT_TRUTH_COUNT={{N}} cargo test --release --test truth_users chance -- --nocapture
