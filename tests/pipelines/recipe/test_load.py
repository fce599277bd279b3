"""Recipes: shipped ones are valid, overrides reach their key, what is wrong is named by its key."""

from __future__ import annotations

import msgspec
import pytest

from pipelines.recipe.load import FOLDER, Recipe, load_recipe
from tlgan.errors import UserError

SMALLEST = 'name = "mine"\n[sample]\ngenerator = "g"\n[label]\nlabellers = ["l"]\n'


@pytest.fixture
def write(tmp_path):
    def write_recipe(text: str) -> str:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write_recipe


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.toml")))
def test_shipped_recipes_are_valid_and_bear_their_files_name(name):
    assert load_recipe(name).name == name


def test_default_is_as_the_readme_says():
    recipe = load_recipe("celeba64")
    assert recipe.sample.count == 20_000
    assert recipe.orthogonalize.base == ("Male", "Young")
    assert recipe.data.resolution == 64


def test_a_recipe_needs_a_name_a_generator_and_a_labeller(write):
    recipe = load_recipe(write(SMALLEST))
    assert recipe.sample.generator == "g"
    assert recipe.label.labellers == ("l",)
    assert recipe.fit.family == "auto"


@pytest.mark.parametrize(
    ("override", "section", "key", "value"),
    [
        ("sample.count=5000", "sample", "count", 5000),
        ("sample.count=5_000", "sample", "count", 5000),
        ("sample.generator=other", "sample", "generator", "other"),
        ("sample.generator='a.b/c d.h5'", "sample", "generator", "a.b/c d.h5"),
        ("data.path=/some where/x=y", "data", "path", "/some where/x=y"),
        ('orthogonalize.base=["A", "B"]', "orthogonalize", "base", ("A", "B")),
        ("data.mirror=false", "data", "mirror", False),
        ("fit.ridge=held-out", "fit", "ridge", "held-out"),
        ("fit.ridge=1", "fit", "ridge", 1.0),
    ],
)
def test_overrides_reach_their_key(write, override, section, key, value):
    recipe = load_recipe(write(SMALLEST), (override,))
    assert getattr(getattr(recipe, section), key) == value


def test_the_last_override_wins_and_tables_in_tables_are_reached(write):
    recipe = load_recipe(
        write(SMALLEST),
        ("networks.judge.kind=attribute-cnn", "networks.judge.epochs=3", "sample.count=1", "sample.count=2"),
    )
    assert recipe.networks["judge"].epochs == 3
    assert recipe.sample.count == 2


@pytest.mark.parametrize(
    ("override", "key", "rule", "got"),
    [
        ("sample.cuont=3", "$.sample", "unknown field `cuont`", ""),
        ("smaple.count=3", "$", "unknown field `smaple`", ""),
        ("sample.count=-3", "$.sample.count", "`int` >= 1", "-3"),
        ("sample.count=0", "$.sample.count", "`int` >= 1", "0"),
        ("sample.count=many", "$.sample.count", "Expected `int`, got `str`", "'many'"),
        ("sample.count=2.5", "$.sample.count", "Expected `int`, got `float`", "2.5"),
        ("sample.count=10000000000000", "$.sample.count", "<= 1000000000000", ""),
        ("sample.seed=-1", "$.sample.seed", "`int` >= 0", "-1"),
        ("sample.seed=99999999999", "$.sample.seed", "<= 4294967295", "99999999999"),
        ("sample.generator=3", "$.sample.generator", "Expected `str`, got `int`", "3"),
        ("label.labellers=celeba64", "$.label.labellers", "Expected `array`", "'celeba64'"),
        ("label.labellers=[]", "$.label.labellers", "length >= 1", ""),
        ("fit.family=poisson", "$.fit.family", "Invalid enum value 'poisson'", "'poisson'"),
        ("fit.held_out=1.0", "$.fit.held_out", "`float` < 1.0", "1.0"),
        ("fit.held_out=nan", "$.fit.held_out", "`float`", "nan"),
        ("report.reach=inf", "$.report.reach", "`float`", "inf"),
        ("report.reach=0", "$.report.reach", "`float` > 0", "0"),
        ("report.steps=2", "$.report.steps", "`int` >= 3", "2"),
        ("name='../mine'", "$.name", "matching regex", "'../mine'"),
        ("name=''", "$.name", "matching regex", "''"),
        ('name="mine\\n"', "$.name", "matching regex", r"'mine\n'"),
        ('gan.name="mine\\n"', "$.networks.generator.weights", "matching regex", r"'mine\n'"),
        ("gan.name='a/b'", "$.networks.generator.weights", "matching regex", "'a/b'"),
        ("classifier.name='.hidden'", "$.networks.labeller.weights", "matching regex", "'.hidden'"),
        ("data.resolution=48", "$.data.resolution", "Invalid enum value 48", "48"),
        ("gan.schedule=[{resolution=8}]", "$.networks.generator.schedule[0]", "missing required field", ""),
        ("gan.maps=[8, 0]", "$.networks.generator.maps[1]", "`int` >= 1", "0"),
        ("export.formats=['npz', 'xml']", "$.export.formats[1]", "Invalid enum value 'xml'", "'xml'"),
        ("classifier.labeller.epochs=0", "$.networks.labeller.epochs", "`int` >= 1", "0"),
    ],
)
def test_wrong_value_is_refused_with_its_key(write, override, key, rule, got):
    path = write(SMALLEST)
    with pytest.raises(UserError) as error:
        load_recipe(path, (override,))
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert rule in message
    assert key == "$" or f"`{key}`" in message
    assert not got or f"Got {got}." in message
    page = "docs/how-to/train-a-network.md" if key.startswith("$.networks") else "docs/commands.md"
    assert message.endswith(f"Correct the key; {page} says what it takes.")
    assert "\n" not in message


@pytest.mark.parametrize("override", ["sample.count", "=3", "sample.=3", ".count=3", ""])
def test_overrides_that_are_none_are_refused(write, override):
    with pytest.raises(UserError, match=r"`-s` must be section\.key=value") as error:
        load_recipe(write(SMALLEST), (override,))
    assert f"Got {override!r}" in str(error.value)


def test_overrides_below_a_value_are_refused(write):
    with pytest.raises(UserError, match="goes below generator, which is no table"):
        load_recipe(write(SMALLEST), ("sample.generator.x=3",))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("name = ", "must be TOML"),
        ("name = 'mine'\nname = 'mine'", "must be TOML"),
        ("", "missing required field `name`"),
        ("name = 'mine'", "missing required field `sample`"),
        ("name = 'mine'\nsample = 3\n", "Expected `object`, got `int`"),
    ],
)
def test_files_that_are_no_recipes_are_refused_by_name(write, text, rule):
    path = write(text)
    with pytest.raises(UserError, match=rule) as error:
        load_recipe(path)
    assert str(error.value).startswith(f"{path}: ")


def test_files_that_are_no_text_are_refused_by_name(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="must be TOML"):
        load_recipe(str(path))


@pytest.mark.parametrize("name", ["nonesuch", "nonesuch.toml", "."])
def test_recipes_that_are_not_there_say_which_are(name):
    wanted = r"no such recipe\. Name a TOML file or one of: celeba128, celeba64, "
    with pytest.raises(UserError, match=wanted) as error:
        load_recipe(name)
    assert name in str(error.value)


def test_every_section_refuses_unknown_keys():
    """Misspelt keys must never be swallowed, in sections to come neither."""
    sections, seen = [Recipe], set()
    while sections:
        section = sections.pop()
        seen.add(section)
        assert section.__struct_config__.forbid_unknown_fields, section
        assert section.__struct_config__.frozen, section
        for field in msgspec.structs.fields(section):
            for kind in (field.type, *getattr(field.type, "__args__", ())):
                if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in seen:
                    sections.append(kind)
    assert len(seen) >= 12


@pytest.mark.parametrize(
    "until", ["0 degrees", "0.0 degrees", ". degrees", "1.2.3 degrees", "3", r"3 degrees\n"]
)
def test_bounds_that_are_no_positive_number_of_degrees_are_refused(write, until):
    with pytest.raises(UserError, match=r"sample\.until"):
        load_recipe(write(SMALLEST), (f'sample.until="{until}"',))


def test_two_networks_with_the_same_weight_file_are_refused(write):
    network = 'kind = "attribute-cnn"\nweights = "x"\n'
    path = write(SMALLEST + f"[networks.a]\n{network}[networks.b]\n{network}")
    with pytest.raises(
        UserError, match=r"`networks\.b\.weights` must differ from that of `networks\.a`\. Got 'x'"
    ):
        load_recipe(path)


def test_recipe_names_itself_on_a_command_line(tmp_path):
    path = tmp_path / "my faces.toml"
    path.write_text(
        'name = "mine"\nsample = { generator = "celeba64" }\nlabel = { labellers = ["celeba64"] }\n'
    )
    recipe = load_recipe(str(path), ("sample.count=500", "name=other"))
    words = f"'{path}' -s sample.count=500 -s name=other"
    assert recipe.command("evaluate") == f"python -m pipelines evaluate {words}"
    assert recipe.command("train", "judge") == f"python -m pipelines train {words} judge"
    assert load_recipe("celeba64").command("run") == "python -m pipelines run celeba64"


def test_words_of_the_command_line_are_no_key_of_a_recipe():
    with pytest.raises(UserError, match="`arguments` is no key of a recipe"):
        load_recipe("celeba64", ("arguments=['x']",))
