"""A table of measurements: contenders that take turns, the results of their runs, and the targets."""

import lab


def rounds(contenders, n):
    """Run each contender once in each round: {name: [run, …]}. One that cannot run is left out, with its reason."""
    runs = {name: [] for name in contenders}
    left_out = set()
    for _ in range(n):
        for name, run in contenders.items():
            if name in left_out:
                continue
            try:
                runs[name].append(run())
            except lab.Skipped as e:
                lab.say(f"    {name}: left out: {e}")
                left_out.add(name)
            except lab.Failed as e:
                lab.say(f"    {name}: {e}")
    return runs


def middle(runs, what):
    return lab.median([run[what] for run in runs]) if runs else None


def ratio(runs, one, other, what="cpu"):
    """The median of the ratios within each round; None where one of the two is missing."""
    pairs = [(a[what], b[what]) for a, b in zip(runs.get(one, []), runs.get(other, [])) if b[what]]
    return lab.median([a / b for a, b in pairs]) if pairs else None


class Table:
    def __init__(self, sizes_of_rows=None):
        self.rows, self.runs, self.sizes = [], {}, {}
        self.sizes_of_rows = sizes_of_rows or {}

    def how(self, row):
        """How much of it a row is to run, as arguments of its function; {}: as usual."""
        return self.sizes_of_rows.get(row, {})

    def target(self, what, value, limit, unit="", or_else=False):
        """
        One line: a value that should not exceed its limit (None: stated only). `or_else`: met by another measure.
        """
        if value is None:
            verdict = "not measured"
        else:
            verdict = "" if limit is None else "met" if value <= limit or or_else else "missed"
        self.rows.append({"what": what, "value": value, "unit": unit, "target": limit, "verdict": verdict})
        shown = "-" if value is None else f"{value:.2f}{unit}"
        wanted = "" if limit is None else f"target {limit:g}{unit}"
        lab.say(f"  {what:<72} {shown:>12}  {wanted:<16} {verdict}")

    def skip(self, what, reason):
        self.rows.append({"what": what, "value": None, "unit": "", "target": None, "verdict": f"left out: {reason}"})
        lab.say(f"  {what}: left out: {reason}")

    def keep(self, row, runs):
        self.runs[row] = runs
        for name, list_of_runs in runs.items():
            if list_of_runs:
                cells = ", ".join(f"{key} {middle(list_of_runs, key):.4g}" for key in list_of_runs[0] if key != "players")
                lab.say(f"    {name}: {cells}")
        return runs

    def measure(self, name, row):
        """Run a function that fills some lines of the table."""
        title = row.__doc__.strip().split("\n")[0]
        lab.say(f"{name}: {title}")
        try:
            row(self)
        except lab.Skipped as e:
            self.skip(title, str(e))
        except lab.Failed as e:
            self.target(title, None, None)
            lab.say(f"    {e}")
