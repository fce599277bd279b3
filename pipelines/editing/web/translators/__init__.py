"""What the page of translators stands on."""
