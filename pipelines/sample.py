"""Stage `sample`: latents, drawn row by row, and the images that the generator makes of them."""

from __future__ import annotations

from pipelines.doors import generator_source
from pipelines.locks import locked
from pipelines.progress import counting
from pipelines.recipe import Recipe
from pipelines.steps import Step, in_cache
from tlgan.row_files import Column, RowWriter

BLOCK = 512  # rows between two syncs to the disk


def plan_sample(recipe: Recipe) -> Step:
    """The step that draws `sample.count` latents and images."""
    source = generator_source(recipe)

    def work(step: Step) -> None:
        from tlgan.latents import draw_latents

        generator = source.open()
        columns = (
            Column("latents", (generator.latent_dim,), "<f4"),
            Column("images", (generator.resolution, generator.resolution, 3), "u1"),
        )
        attributes = step.attributes() | {
            "generator": generator.name,
            "generator_sha256": generator.sha256,
            "latent_dim": generator.latent_dim,
            "latent_space": generator.latent_space,
        }
        with (
            locked(step.output),
            RowWriter(step.output, columns, step.rows, attributes) as writer,
            counting(step.title, step.rows, writer.done) as progress,
        ):
            while writer.done < step.rows:
                count = min(BLOCK, step.rows - writer.done)
                latents = draw_latents(
                    writer.done,
                    count,
                    generator.latent_dim,
                    space=generator.latent_space,
                    seed=recipe.sample.seed,
                )
                writer.append({"latents": latents, "images": generator(latents)})
                progress.advance(count)

    return Step(
        stage="sample",
        title="sample",
        version=1,
        parameters={"seed": recipe.sample.seed},
        inputs={"generator": source.fingerprint},
        place=in_cache("samples"),
        work=work,
        rows=recipe.sample.count,
    )
