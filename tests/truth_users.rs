//! Password files as real nginx and real httpd read them: who can log in, and what the server's user may read.
//!
//! `AUTHLINT_TRUTH_COUNT` says how many files are made by chance, `AUTHLINT_TRUTH_SEED` which is the first, and
//! `AUTHLINT_TRUTH_SHOW` how many failures are made small and shown. Without a server its tests are skipped; with
//! `AUTHLINT_TRUTH=required` they fail.

#[path = "decide_truth_apache/chance.rs"]
#[allow(dead_code)]
mod chance;
#[path = "truth_users/chance_file.rs"]
mod chance_file;
#[path = "truth_users/hashes.rs"]
mod hashes;
#[path = "truth_users/md5.rs"]
mod md5;
#[path = "truth_users/random.rs"]
mod random;
#[path = "truth_users/rig.rs"]
mod rig;
#[path = "truth_users/states.rs"]
mod states;
#[path = "truth_users/tables.rs"]
mod tables;
#[path = "common/wire.rs"]
#[allow(dead_code)]
mod wire;

#[test]
fn files_made_by_chance_are_read_as_the_servers_read_them() {
    random::truth();
}

#[test]
fn lines_are_read_as_the_servers_read_them() {
    tables::lines();
}

#[test]
fn hashes_work_where_the_servers_check_them() {
    tables::hashes();
}

#[test]
fn files_of_htdigest_are_read_as_httpd_reads_them() {
    tables::digests();
}

#[test]
fn files_of_groups_are_read_as_httpd_reads_them() {
    tables::groups();
}

#[test]
fn the_tables_of_states_hold() {
    states::table();
}

#[test]
fn states_made_by_chance_are_what_the_servers_see() {
    states::truth();
}

#[test]
fn a_fifo_is_a_problem() {
    states::fifo();
}

#[test]
fn who_reads_files_as_the_other_server_does_is_caught() {
    random::a_lie();
}
