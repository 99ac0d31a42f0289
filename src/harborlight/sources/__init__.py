"""The outside world: one connector per kind of portal, each landing whole, checked, immutable snapshots.

In goes a declared source, out comes a `Snapshot`; `harborlight.sources.fetch.fetch_source` is the one entry.
A connector is one function, so that a city can add a portal of its own as a small package.

How to add a connector
----------------------
Register `fetch(job: Job) -> Landed` under the entry-point group `harborlight.connectors`; the name is what a
source writes as `connector:`. `Job` and `Landed` live in `harborlight.sources.landing`.

- `job.client` is the only way out: it speaks to the configured host and port, retries, counts bytes and time.
  Never follow an address that an answer contains.
- Ask for `job.wanted()` columns and nothing more; call `check_columns` with what the portal offers.
- A portal that answers in pages needs only a `Portal` (see `harborlight.sources.paging`) for `fetch_pages`,
  which counts before and after, proves that nothing was skipped or repeated, and else starts over.
- With `job.delta` set, fetch the changed rows only and set `is_delta`; a connector that cannot, fetches all.
- Raise `SourceError` with one clear sentence. Write only the temporary file that `job.part_file()` names: the
  caller hashes it, renames it and writes the manifest.

A page lies in the snapshot as it was received, one page a line; a CSV or Parquet file lies there byte for
byte. `window_from` of a manifest is compared with the value as received, before any time zone is applied (UTC
for epoch milliseconds); base rows without a date stay.
"""
