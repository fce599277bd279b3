"""Networks that change pictures: one encoder, and a decoder that is told what to draw."""
