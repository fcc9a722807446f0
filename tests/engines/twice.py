"""The launcher, with every task of the engine started twice: what speculation and retries do at their worst."""

import pathlib

_source = (pathlib.Path(__file__).parents[2] / "jobs" / "launcher.py").read_text()
# Into this module, so that the tasks' code is sent along, as it is when the launcher is the script.
exec(compile(_source.partition('\nif __name__ == "__main__":')[0], "launcher.py", "exec"))


def _twice(engine):
    def doubled(given):
        spread, stop = engine(given)
        return lambda plan, numbers: spread(plan, [number for number in numbers for _ in range(2)]), stop

    return doubled


ENGINES = {name: engine and _twice(engine) for name, engine in ENGINES.items()}  # noqa: F821

if __name__ == "__main__":
    launch(sys.argv[1:], os.environ)  # noqa: F821
