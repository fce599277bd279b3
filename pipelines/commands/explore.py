"""The command that opens the editor in a browser."""

from __future__ import annotations

import click

from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe
from tlgan.errors import UserError


@click.command()
@click.option(
    "--port", default=8642, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Another address needs the token it prints."
)
@click.option(
    "--best-of",
    type=click.IntRange(1, 16),
    help="A random face is the best of so many, by the discriminator's score; else of 4 where there is one.",
)
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@with_recipe
def explore(recipe: Recipe, port: int, host: str, best_of: int | None, no_browser: bool) -> None:
    """Open the editor over a finished run in the browser.

    Example: python -m pipelines explore celeba64 --port 8642 --no-browser
    """
    import logging
    import secrets
    import webbrowser

    from pipelines.workflow.progress import say

    try:
        from pipelines.editing.web.app import create_app
        from pipelines.editing.web.photographs import PhotographStore
        from pipelines.editing.web.server import EditorServer
        from pipelines.editing.web.translators.offered import OfferedTranslators
    except ImportError as error:
        raise UserError(f"The editor needs {error.name}: pip install flask.") from error
    from pipelines.inversion.open_inverter import open_inverter
    from pipelines.runs.finished_run import open_for_editing
    from pipelines.sources.best_faces import BEST_OF
    from pipelines.sources.translators import offered_translators, translator_source

    token = "" if host in ("127.0.0.1", "localhost", "::1") else secrets.token_urlsafe(24)
    run = open_for_editing(recipe)
    if best_of is None:
        best_of = BEST_OF if run.discriminator else 1
    if best_of > 1:
        run.open_discriminator()
    store = PhotographStore(lambda: open_inverter(recipe, run.generator))
    translators = None
    if names := offered_translators(recipe):
        translators = OfferedTranslators(names, lambda name: translator_source(name).open())
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    try:
        app = create_app(run, token=token, best_of=best_of, store=store, translators=translators)
        server = EditorServer(host, port, app)
    except (OSError, SystemExit) as error:  # werkzeug ends the process where the port is taken
        raise UserError(f"{host}:{port} cannot be opened. Choose another --port.") from error
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{server.server_port}/" + (f"?token={token}" if token else "")
    say(f"Editor of {run.name}: {address}   (Ctrl-C ends it)")
    if not no_browser:
        webbrowser.open(address)
    server.serve_forever()
