"""Commands of translators, networks that change pictures."""
