"""The figures that one SQL statement each reads from the rows. A table that is not there leaves its figure out."""

from dataclasses import dataclass

import psycopg

DatabaseTrouble = psycopg.Error

TABLES = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"


@dataclass(frozen=True)
class Source:
    """A figure: its name after `redprop_`, its labels, the statement that yields (labels …, figure)."""

    name: str
    about: str
    needs: frozenset[str]
    sql: str
    labels: tuple[str, ...] = ()


def _age(column: str) -> str:
    return f"extract(epoch FROM clock_timestamp() - min({column}))"


SOURCES = (
    Source(
        "jobs",
        "Jobs by kind and state: all open ones, and those that ended within a day",
        frozenset({"core_job"}),
        "SELECT kind, state, count(*) FROM core_job WHERE state IN ('queued', 'running') "
        "OR finished_at > now() - interval '1 day' GROUP BY 1, 2",
        ("kind", "state"),
    ),
    Source(
        "job_oldest_seconds",
        "Age of the oldest open job of a kind",
        frozenset({"core_job"}),
        f"SELECT kind, state, {_age('recorded_at')} FROM core_job WHERE state IN ('queued', 'running') GROUP BY 1, 2",
        ("kind", "state"),
    ),
    Source(
        "closing_parts_open",
        "Parts of running closings that nobody has done yet",
        frozenset({"evaluations_closingchunk"}),
        "SELECT count(*) FROM evaluations_closingchunk c JOIN evaluations_closingrun r ON r.id = c.run_id "
        "WHERE r.state = 'running' AND NOT c.is_done",
    ),
    Source(
        "closing_oldest_seconds",
        "Age of the oldest running closing; 0 without one",
        frozenset({"evaluations_closingrun"}),
        f"SELECT coalesce({_age('recorded_at')}, 0) FROM evaluations_closingrun WHERE state = 'running'",
    ),
    Source(
        "closings_failed",
        "Closings that failed within a day",
        frozenset({"evaluations_closingrun"}),
        "SELECT count(*) FROM evaluations_closingrun WHERE state = 'failed' AND recorded_at > now() - interval '1 day'",
    ),
    Source(
        "releases_without_files",
        "Published releases whose public files are not written yet",
        frozenset({"evaluations_release"}),
        "SELECT count(*) FROM evaluations_release WHERE state = 'published' AND files_published_at IS NULL",
    ),
    Source(
        "publish_lag_seconds",
        "Age of the oldest release without files; 0 when there is none",
        frozenset({"evaluations_release"}),
        f"SELECT coalesce({_age('recorded_at')}, 0) FROM evaluations_release "
        "WHERE state = 'published' AND files_published_at IS NULL",
    ),
    Source(
        "deliveries_failed",
        "Messages to people or platforms that could not be delivered within a day",
        frozenset({"core_delivery"}),
        "SELECT count(*) FROM core_delivery WHERE state = 'failed' AND recorded_at > now() - interval '1 day'",
    ),
    Source(
        "sign_in_failures",
        "Failed sign-ins within the last hour",
        frozenset({"axes_accessfailurelog"}),
        "SELECT count(*) FROM axes_accessfailurelog WHERE attempt_time > now() - interval '1 hour'",
    ),
    Source(
        "seal_last_timestamp_seconds",
        "When lines of the audit trail were last sealed",
        frozenset({"accounts_auditblock"}),
        "SELECT extract(epoch FROM max(sealed_at)) FROM accounts_auditblock",
    ),
    Source(
        "database_connections",
        "Connections to this database, by state",
        frozenset(),
        "SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1",
        ("state",),
    ),
    Source(
        "database_bytes",
        "Size of this database",
        frozenset(),
        "SELECT pg_database_size(current_database())",
    ),
)
