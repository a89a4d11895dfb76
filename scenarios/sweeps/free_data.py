# %% [markdown]
# # Free data: what moves whom?
# Two things about free data are uncertain: how much of it an offer gives, and how much of its value
# people see when they register. This notebook varies both, and how fast people tell their friends,
# in the market of china-2013, and asks which of them moves the entrants. Run it from the folder of
# the project, cell by cell or as a whole:
#
#     uv run --extra study python scenarios/sweeps/free_data.py

# %%
from pathlib import Path

import duckdb

from market_model.sweep.analysis import fan, sensitivity
from market_model.sweep.drive import run_sweep
from market_model.sweep.store import Results

# %% [markdown]
# ## Run
# The file says what is swept and over which ranges. What is there already is not run again.

# %%
folder = run_sweep(Path("scenarios/sweeps/free-data.toml"))
results = Results(folder)

# %% [markdown]
# ## Look at the runs
# They are Parquet files: one line of DuckDB asks them anything.

# %%
print(
    duckdb.sql(f"""
        SELECT "parameters.salience" > 0.5 AS salient, count(*) AS runs,
            avg("apps.yixin.registered_share") AS yixin,
            avg("apps.laiwang.registered_share") AS laiwang
        FROM '{folder}/runs/*.parquet' GROUP BY ALL ORDER BY 1""")
)

# %% [markdown]
# ## Which of them moves Yixin?
# Shares of what differs between settings. "Alone" and "total" lie apart where factors work
# together. Luck is the part of a single run's variance that no factor explains.

# %%
found = sensitivity(results, "apps.yixin.registered_share")
for effect in found.effects:
    print(
        f"{effect.factor:40} alone {effect.first.value:.2f} "
        f"[{effect.first.low:.2f}, {effect.first.high:.2f}]  "
        f"total {effect.total:.2f}  rank correlation {effect.rank:+.2f}"
    )
print(f"luck: {found.luck.value:.2f} [{found.luck.low:.2f}, {found.luck.high:.2f}]")

# %% [markdown]
# ## How far do the paths spread?
# Quantiles over all runs, for the lowest and the highest third of the strongest factor.

# %%
for part in fan(results, "app", "yixin", "registered", split=found.effects[0].factor):
    low, *_, median, _, high = part.quantiles[:, -1] / 1e6
    print(
        f"{part.part:4} {found.effects[0].factor}: {median:.0f} million in week {part.weeks[-1]}, "
        f"nine of ten runs between {low:.0f} and {high:.0f}"
    )
