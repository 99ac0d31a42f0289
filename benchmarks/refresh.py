"""Refresh after the fetch, against plain DuckDB loading the same rows typed: one run, same machine, medians of several.

    python benchmarks/refresh.py [--rows 1000000] [--runs 3]

Prints the ratio (goal: at most 5), rows per second and peak memory of the refresh process (goal: at most 1.5 GiB).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

GENERATE = """
copy (
    select
        'R' || lpad(i::varchar, 9, '0') as "RowID",
        'C' || lpad((i - (hash(i) % 7 = 0)::int)::varchar, 9, '0') as "CaseNumber",
        strftime(timestamp '2020-01-01' + interval (i * {step}) second, '%Y-%m-%dT%H:%M:%SZ') as "OccurredAt",
        (['13A', '13B', '220', '240', '120', '23F', '23H', '290', '13C', '26A'])[1 + (hash(i * 7) % 10)::int] as "NIBRSCode",
        case when hash(i) % 120 = 1 then 'Y' end as "Shooting",
        'District ' || (hash(i * 3) % 9) as "District",
        (['Firearm', 'Knife', 'Hands', ''])[1 + (hash(i * 5) % 4)::int] as "Weapon",
        (['STREET', 'ROW/TOWNHOUSE', 'SHOP'])[1 + (hash(i * 11) % 3)::int] as "Premise",
        (18 + hash(i) % 60)::varchar as "Age",
        (['F', 'M', 'U'])[1 + (hash(i * 13) % 3)::int] as "Sex",
        (hash(i) % 90 * 100) || ' BLOCK LANTERN ST' as "Location",
        round(-68.1 + (hash(i) % 1000) / 10000, 5) as "Longitude",
        round(36.95 + (hash(i * 17) % 1000) / 10000, 5) as "Latitude"
    from range({rows}) as t (i)
) to '{path}' (header)
"""
PLAIN = """
create table plain as select * from read_csv('{path}', header = true, columns = {{
    'RowID': 'VARCHAR', 'CaseNumber': 'VARCHAR', 'OccurredAt': 'TIMESTAMP', 'NIBRSCode': 'VARCHAR', 'Shooting': 'VARCHAR',
    'District': 'VARCHAR', 'Weapon': 'VARCHAR', 'Premise': 'VARCHAR', 'Age': 'INTEGER', 'Sex': 'VARCHAR', 'Location': 'VARCHAR',
    'Longitude': 'DOUBLE', 'Latitude': 'DOUBLE'}})
"""
COLUMNS = {
    "RowID": {"type": "text", "required": True},
    "CaseNumber": {"type": "text", "required": True},
    "OccurredAt": {"type": "datetime", "format": "iso", "required": True},
    "NIBRSCode": {"type": "text", "required": True},
    **{name: {"type": "text"} for name in ("Shooting", "District", "Weapon", "Premise", "Sex", "Location")},
    "Age": {"type": "integer", "soft": True},
    "Longitude": {"type": "number", "soft": True},
    "Latitude": {"type": "number", "soft": True},
}
STAGING = """
select
    "RowID" as record_id, "CaseNumber" as incident_id, "OccurredAt" as occurred_at, "District" as district_name,
    "NIBRSCode" as offense_text, "NIBRSCode" as offense_code, "Shooting" = 'Y' as is_shooting,
    case "Weapon" when 'Firearm' then 'firearm' when 'Knife' then 'knife' when 'Hands' then 'hands' end as weapon_code,
    case "Premise" when 'STREET' then 'street' when 'SHOP' then 'business' else 'residence' end as premise_code,
    'person' as victim_type_code, "Age" as age_years, "Longitude" as longitude, "Latitude" as latitude, "Location" as location_text
from raw.reports
"""


def make_city(folder: Path, template: Path, csv: Path) -> None:
    """A one-source city over the generated file; the rest of the configuration is the template's."""
    shutil.copytree(template, folder)
    for kind in ("sources", "staging", "corrections", "notices", "metrics"):
        shutil.rmtree(folder / kind, ignore_errors=True)
    (folder / "sources").mkdir()
    (folder / "staging").mkdir()
    source = {
        "title": "Reports", "agency": "Benchmark", "connector": "files", "url": str(csv), "format": "csv", "key": "RowID",
        "clock": "utc", "counting_system": "nibrs", "columns": COLUMNS, "supplies": [{"offense_groups": ["all"]}],
    }  # fmt: skip
    (folder / "sources" / "reports.yaml").write_text(yaml.safe_dump(source))
    (folder / "staging" / "reports.sql").write_text(STAGING)
    layer = {"title": "Police districts", "title_one": "Police district", "areas": [{"id": f"d{i}", "name": f"District {i}"} for i in range(9)]}
    (folder / "places" / "police_district.yaml").write_text(yaml.safe_dump(layer))


def run_child(code: str, *arguments: str) -> tuple[float, float]:
    """Wall seconds printed by a child process, and its peak memory in GiB."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True)
    seconds, memory = map(float, done.stdout.split()[-2:])
    return seconds, memory / 1024**2


PLAIN_CHILD = """
import sys, time, resource, duckdb
con = duckdb.connect(sys.argv[2])
started = time.perf_counter()
con.execute(sys.argv[1])
con.execute('checkpoint')
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
REFRESH_CHILD = """
import sys, resource, json
from pathlib import Path
from harborlight.refresh import refresh
run = refresh(Path(sys.argv[1]), Path(sys.argv[2]), allow_private_hosts=True, force=True)
assert run.outcome == 'published', run.sentence
print(json.dumps({k: round(v, 2) for k, v in run.steps.items()}), file=sys.stderr)
print(sum(v for k, v in run.steps.items() if k != 'fetch'), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def main() -> None:
    import duckdb

    from harborlight.demo import city_folder
    from harborlight.demo.boundaries import boundary_files
    from harborlight.publish.signing import VARIABLE, make_key

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        os.environ[VARIABLE] = str(work / "signing.key")
        make_key(work / "signing.key")
        data = work / "data"
        (data / "boundaries").mkdir(parents=True)
        for place, content in boundary_files().items():
            (data / "boundaries" / place).write_bytes(content)
        csv = data / "reports.csv"
        step = max(1, int(6 * 365 * 86400 / options.rows))
        duckdb.connect().execute(GENERATE.format(rows=options.rows, step=step, path=csv))
        make_city(work / "city", city_folder(), csv)
        plain, whole, memory = [], [], []
        for run in range(options.runs):
            plain.append(run_child(PLAIN_CHILD, PLAIN.format(path=csv), str(work / f"plain{run}.duckdb"))[0])
            started = time.perf_counter()
            seconds, peak = run_child(REFRESH_CHILD, str(work / "city"), str(data))
            whole.append(seconds)
            memory.append(peak)
            with_fetch = time.perf_counter() - started
            print(f"run {run + 1}: plain load {plain[-1]:.2f} s, refresh after fetch {seconds:.2f} s, with fetch {with_fetch:.2f} s")
        ratio = statistics.median(w / p for w, p in zip(whole, plain, strict=True))
        print(f"rows {options.rows}, runs {options.runs}")
        print(f"refresh after fetch / plain typed load: {ratio:.2f} (goal: at most 5)")
        print(f"refresh: {options.rows / statistics.median(whole):,.0f} rows/s; plain load: {options.rows / statistics.median(plain):,.0f} rows/s")
        print(f"peak memory of the refresh process: {max(memory):.2f} GiB (goal: at most 1.5)")


if __name__ == "__main__":
    main()
